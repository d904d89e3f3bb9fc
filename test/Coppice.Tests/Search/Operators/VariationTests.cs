using Coppice.Search;
using Coppice.Search.Operators;

namespace Coppice.Tests.Search.Operators;

public sealed class VariationTests
{
    private static readonly BitString Zeros = BitString.Parse("0000"), Ones = BitString.Parse("1111");

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void Children_are_repaired_when_they_are_no_copies(double crossover, double mutation)
    {
        var (first, second) = Variation().Breed(Zeros, Ones, crossover, mutation, Rng.For(1));

        Assert.Equal((2, 2), (first.Count, second.Count));
    }

    [Fact]
    public void Children_that_are_neither_crossed_nor_mutated_are_copies() =>
        Assert.Equal((Zeros, Ones), Variation().Breed(Zeros, Ones, crossoverProbability: 0, mutationProbability: 0, Rng.For(1)));

    [Fact]
    public void Repaired_mutation_mutates_first() => Assert.Equal(
        new ExactCount<BitString>(1).Repair(Ones, Rng.For(3)),
        new RepairedMutation<BitString>(new Inversion(), new ExactCount<BitString>(1)).Mutate(Zeros, Rng.For(3)));

    [Fact]
    public void Founders_are_repaired() => Assert.Equal(2, Variation().Found(Rng.For(1)).Count);

    [Fact]
    public void Crossover_and_mutation_happen_with_their_probabilities()
    {
        var variation = Variation() with { Repair = null };

        // Crossed 0.6 or not; then the first child, which begins with the mother's 0, is mutated 0.3 or not.
        ChiSquare.AssertDistribution([0.4 * 0.7, 0.6 * 0.7, 0.4 * 0.3, 0.6 * 0.3], rng =>
        {
            string first = variation.Breed(Zeros, Ones, 0.6, 0.3, rng).First.ToString();
            bool isMutated = first[0] == '1';
            return (isMutated ? 2 : 0) + (first[3] != first[0] ? 1 : 0);
        });
    }

    /// <summary>The mutation inverts everything.</summary>
    private static Variation<BitString> Variation() => new(_ => Ones, new OnePointCrossover<BitString>(), new BitFlip<BitString>(1), new ExactCount<BitString>(2));

    /// <summary>Draws nothing.</summary>
    private sealed class Inversion : IMutation<BitString>
    {
        public BitString Mutate(BitString parent, Rng rng) => parent.Invert(Ones);
    }
}
