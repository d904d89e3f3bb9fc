namespace Coppice.Search.Operators;

/// <summary>Bit flip mutation: each of the L bits is inverted with a probability, independent of the others. Its mean is L · rate flips.</summary>
/// <typeparam name="TGenome">A genome that is a row of bits.</typeparam>
/// <param name="rate">The probability per bit, in [0, 1]; null, the default, for 1 / L: one flip on average.</param>
public sealed class BitFlip<TGenome>(double? rate = null) : IMutation<TGenome>
    where TGenome : IBitSequence<TGenome>
{
    private readonly double? _rate = rate is { } given ? GeneMask.ThrowIfNoProbability(given, nameof(rate)) : null;

    /// <inheritdoc/>
    public TGenome Mutate(TGenome parent, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        return parent.Invert(GeneMask.Each(parent.Length, _rate ?? (1.0 / parent.Length), rng));
    }
}
