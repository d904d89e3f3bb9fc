using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Pruning;
using Coppice.Search;
using Coppice.Training;

namespace Coppice.Tests.PruningMethods;

/// <summary>80 of 100 images right, loss ln 2, 250 of 1000 MACs.</summary>
public sealed class SizeAwareFitnessTests
{
    private static readonly BitGenome Genome = BitGenome.AllOnes(2);

    [Theory]
    [InlineData(0, 0.8)]
    [InlineData(1, 1.55)]
    [InlineData(0.5, 1.175)]
    public async Task Accuracy_and_what_is_saved_are_added(double lambda, double fitness) =>
        Assert.Equal(fitness, (await EvaluateAsync(lambda)).Fitness, 1e-12);

    [Fact]
    public async Task Without_a_size_term_it_is_the_mean_probability_of_the_right_class()
    {
        var evaluation = await EvaluateAsync(sizeWeight: null);

        Assert.Equal(0.5, evaluation.Fitness, 1e-12);
        Assert.Equal(250, evaluation.Cost);
    }

    [Fact]
    public async Task A_failure_stays_one()
    {
        var failing = new SizeAwareFitness(new Fixed(Evaluation.Failed("no luck")), 1000, 1);

        Assert.Equal("no luck", (await failing.EvaluateAsync([Genome], CancellationToken.None))[0].FailureReason);
    }

    private static async Task<Evaluation> EvaluateAsync(double? sizeWeight)
    {
        var candidate = new CandidateEvaluation(new ClassificationMetrics(100, 80, 100 * Math.Log(2), 100), new Cost(250, 10, 0));
        return (await new SizeAwareFitness(new Fixed(candidate), fullMacs: 1000, sizeWeight).EvaluateAsync([Genome], CancellationToken.None))[0];
    }

    private sealed class Fixed(Evaluation evaluation) : IFitnessEvaluator<BitGenome>
    {
        public ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellationToken) =>
            ValueTask.FromResult<ImmutableArray<Evaluation>>([.. genomes.Select(_ => evaluation)]);
    }
}
