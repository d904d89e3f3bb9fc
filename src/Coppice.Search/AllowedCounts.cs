using Coppice.Search.Operators;

namespace Coppice.Search;

/// <summary>
/// How many ones a bit string may have: the multiples of a step from a least count on, and all of its bits, whether they are a multiple or not. With step 1 every count from the least on.
/// </summary>
public sealed record AllowedCounts : IRepair<BitString>
{
    /// <summary>Counts of a string.</summary>
    /// <param name="size">The number of bits, at least 1.</param>
    /// <param name="least">The count below which none is allowed; rounded up to a multiple of the step, and to 1, and down to the size.</param>
    /// <param name="step">The step, at least 1.</param>
    public AllowedCounts(int size, int least = 1, int step = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        (Size, Step) = (size, step);
        Least = (int)Math.Min(size, RoundUp(Math.Max(1, least)));
    }

    /// <summary>The number of bits: the greatest count.</summary>
    public int Size { get; }

    /// <summary>The least count, in [1, <see cref="Size"/>].</summary>
    public int Least { get; }

    /// <summary>What lies between two counts but for the last two, which may be nearer.</summary>
    public int Step { get; }

    /// <summary>How many counts there are, at least 1.</summary>
    public int Length => ((Size - Least + Step - 1) / Step) + 1;

    /// <summary>The counts in ascending order.</summary>
    /// <param name="index">In [0, <see cref="Length"/>).</param>
    public int this[int index] => (int)Math.Min(Size, Least + ((long)index * Step));

    /// <summary>Whether a count is one of them.</summary>
    public bool Contains(int count) => count >= Least && count <= Size && AtMost(count) == count;

    /// <summary>The greatest of them that is not above a count; the least where all are.</summary>
    public int AtMost(int count) => count >= Size ? Size : Math.Max(Least, count / Step * Step);

    /// <summary>The least of them that is not below a count; the size where all are.</summary>
    public int AtLeast(int count) => count <= Least ? Least : (int)Math.Min(Size, RoundUp(count));

    /// <summary>The next one above a count; the size where there is none.</summary>
    public int Above(int count) => AtLeast(count + 1);

    /// <summary>The next one below a count; the least where there is none.</summary>
    public int Below(int count) => AtMost(count - 1);

    /// <summary>The nearest of them to a count; of two the greater.</summary>
    public int Nearest(int count) => AtLeast(count) - count <= count - AtMost(count) ? AtLeast(count) : AtMost(count);

    /// <summary>Those of them that are not below another least count.</summary>
    public AllowedCounts From(int least) => least <= Least ? this : new(Size, least, Step);

    /// <summary>
    /// A count between two of them becomes one or the other with the probability at which the mean stays: rounded to the nearest, steps smaller than half of the step would never change anything.
    /// An allowed count stays, without a draw.
    /// </summary>
    /// <param name="count">Any count.</param>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    public int Round(int count, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        var (low, high) = (AtMost(count), AtLeast(count));
        return low >= high ? high : rng.Chance((double)(count - low) / (high - low)) ? high : low;
    }

    /// <summary>The string with an allowed count of ones: the count is <see cref="Round(int, Rng)"/>ed, and what is too much or missing chosen uniformly.</summary>
    /// <param name="genome">A string of <see cref="Size"/> bits.</param>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    public BitString Repair(BitString genome, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(genome);
        return new ExactCount<BitString>(Round(genome.Count, rng)).Repair(genome, rng);
    }

    /// <summary>As in "1 to 16", "8 to 32 by 8", "8 to 16 by 8, or 20", "8 or 12" and "all 20".</summary>
    public override string ToString() => this switch
    {
        { Length: 1 } => FormattableString.Invariant($"all {Size}"),
        { Length: 2 } => FormattableString.Invariant($"{Least} or {Size}"),
        { Step: 1 } => FormattableString.Invariant($"{Least} to {Size}"),
        _ when Size % Step == 0 => FormattableString.Invariant($"{Least} to {Size} by {Step}"),
        _ => FormattableString.Invariant($"{Least} to {Below(Size)} by {Step}, or {Size}"),
    };

    private long RoundUp(int count) => ((long)count + Step - 1) / Step * Step;
}
