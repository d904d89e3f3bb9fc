namespace Coppice.Search.Operators;

/// <summary>Random resetting: each gene takes, with a probability, another of its values, all equally likely.</summary>
/// <param name="space">The bounds.</param>
/// <param name="rate">The probability per gene, in [0, 1]; null, the default, for 1 / genes: one change on average.</param>
public sealed class IntegerReset(IntegerSpace space, double? rate = null) : IMutation<IntegerGenome>
{
    private readonly double _rate = GeneMask.ThrowIfNoProbability(rate ?? (1.0 / space.Dimensions), nameof(rate));

    /// <inheritdoc/>
    public IntegerGenome Mutate(IntegerGenome parent, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(rng);
        return new([.. parent.Genes.Select((value, gene) => rng.Chance(_rate) ? space.SampleOther(gene, value, rng) : value)]);
    }
}
