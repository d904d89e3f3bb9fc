namespace Coppice.Search.Operators;

/// <summary>
/// Creep mutation: each gene moves, with a probability, by one of the steps −s … −1, 1 … s, all equally likely, and is clipped to its bounds.
/// </summary>
public sealed class IntegerStep : IMutation<IntegerGenome>
{
    private readonly IntegerSpace _space;
    private readonly int _maxStep;
    private readonly double _rate;

    /// <summary>A mutation in a space.</summary>
    /// <param name="space">The bounds.</param>
    /// <param name="maxStep">s: the longest step, in [1, 2^29]. Default 1.</param>
    /// <param name="rate">The probability per gene, in [0, 1]; null, the default, for 1 / genes: one change on average.</param>
    public IntegerStep(IntegerSpace space, int maxStep = 1, double? rate = null)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxStep, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxStep, 1 << 29);
        (_space, _maxStep, _rate) = (space, maxStep, GeneMask.ThrowIfNoProbability(rate ?? (1.0 / space.Dimensions), nameof(rate)));
    }

    /// <inheritdoc/>
    public IntegerGenome Mutate(IntegerGenome parent, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(rng);
        return new([.. parent.Genes.Select((value, gene) => rng.Chance(_rate) ? Step(gene, value, rng) : value)]);
    }

    private int Step(int gene, int value, Rng rng)
    {
        int step = rng.NextExcept((2 * _maxStep) + 1, excluded: _maxStep) - _maxStep; // −s … s without 0
        return (int)Math.Clamp((long)value + step, _space.Lower[gene], _space.Upper[gene]);
    }
}
