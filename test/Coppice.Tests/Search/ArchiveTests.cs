using System.Text.Json;
using Coppice.Search;

namespace Coppice.Tests.Search;

public sealed class ArchiveTests
{
    [Fact]
    public void Hall_of_fame_keeps_the_best_each_genome_once()
    {
        var hall = new HallOfFame<string>(3)
            .Add([Of("c", 0.3), Of("a", 0.9), new("failed", Evaluation.Failed("no"))])
            .Add([Of("a", 0.9), Of("b", 0.5), Of("d", 0.1)]);

        Assert.Equal(["a", "b", "c"], hall.Members.Select(member => member.Genome));
        Assert.Equal(hall, JsonSerializer.Deserialize<HallOfFame<string>>(JsonSerializer.Serialize(hall)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HallOfFame<string>(0));
    }

    [Fact]
    public void Statistics_are_those_of_who_succeeded()
    {
        var generation = new Generation<BitString>(4, [Of(BitString.Parse("1100"), 1), Of(BitString.Parse("1111"), 3), Of(BitString.Parse("1111"), 5), new(BitString.Parse("0000"), Evaluation.Failed("no"))]) { Evaluations = 77 };

        var statistics = GenerationStatistics.Of(generation, GenomeDistance.Hamming);

        // Deviations −2, 0, 2: √(8/3). Pairs: 0.5, 0.5, 0 and to the zeros 0.5, 1, 1.
        Assert.Equal((4, 77, 4, 1), (statistics.Number, statistics.Evaluations, statistics.Individuals, statistics.Failed));
        Assert.Equal((5, 3, 0.75), (statistics.Best, statistics.Mean, statistics.Distinct));
        Assert.Equal(Math.Sqrt(8 / 3.0), statistics.StandardDeviation!.Value, 1e-12);
        Assert.Equal(3.5 / 6, statistics.Diversity!.Value, 1e-12);
    }

    [Fact]
    public void Statistics_of_failures_have_no_mean()
    {
        var statistics = GenerationStatistics.Of(new Generation<int>(0, [new(1, Evaluation.Failed("no"))]));

        Assert.Equal((1, null, null, null, 1.0, null), (statistics.Failed, statistics.Best, statistics.Mean, statistics.StandardDeviation, statistics.Distinct, statistics.Diversity));
    }

    [Fact]
    public void Distances_of_hand_worked_pairs()
    {
        Assert.Equal(0.4, GenomeDistance.Hamming(BitGenome.Parse("10|110"), BitGenome.Parse("11|010")));
        Assert.Equal(1 / 3.0, GenomeDistance.Hamming(IntegerGenome.Parse("1,2,3"), IntegerGenome.Parse("1,9,3")));
        Assert.Equal(5, GenomeDistance.Euclidean(RealGenome.Parse("0,1"), RealGenome.Parse("3,5")));
    }

    private static Individual<TGenome> Of<TGenome>(TGenome genome, double fitness) => new(genome, new(fitness, cost: 1));
}
