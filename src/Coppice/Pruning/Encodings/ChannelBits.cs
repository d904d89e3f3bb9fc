using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Operators;

namespace Coppice.Pruning.Encodings;

/// <summary>
/// One bit per channel, set = stays (Wang et al., 2018; Hu et al., 2018; CCEP). Each group keeps as many channels as the space allows, by their scores; a MAC target is met by
/// <see cref="BudgetRepair"/>.
/// </summary>
/// <remarks>Founders of every density, segments swapped as in Wang et al.; their inversion of segments rewrites a third of a genome, so single bits are flipped instead, one on average.</remarks>
/// <param name="space">What may change.</param>
/// <param name="scores">Score of each channel of each group, higher = keep: decides which channels a repair takes or gives back.</param>
/// <param name="macs">The budget, or null for none; the space must be able to reach it.</param>
public sealed class ChannelBits(PruningSpace space, ImmutableArray<double[]> scores, long? macs) : IGenomeEncoding<BitGenome>, IRepair<BitGenome>
{
    private readonly BitGenome _full = BitGenome.AllOnes(space.Sizes.AsSpan());

    /// <inheritdoc/>
    public Variation<BitGenome> Variation =>
        new(rng => _full.WithBits(RandomBits.DensityVaried(_full.Length, rng)), new SegmentSwap<BitGenome>(), new BitFlip<BitGenome>(), Repair: this);

    /// <summary>The nearest widths that the space allows, then the target.</summary>
    public BitGenome Decode(BitGenome genome) => Fit(genome, (allowed, width) => allowed.Nearest(width));

    /// <inheritdoc/>
    public BitGenome Uniform(double share) =>
        space.Best(scores, macs is { } budget ? WidthPlanner.Uniform(space, budget) : WidthPlanner.AtShares(space, [.. space.Groups.Select(_ => share)]));

    /// <inheritdoc/>
    public IMutation<BitGenome> MutationAt(double done) => new RepairedMutation<BitGenome>(new BitFlip<BitGenome>(), this);

    /// <summary>
    /// What is evolved is what is evaluated: the repaired genome takes the place of the one that came out of chance. Between widths that the space allows it falls to either side by chance, so
    /// that flips of single bits add up to steps.
    /// </summary>
    public BitGenome Repair(BitGenome genome, Rng rng) => Fit(genome, (allowed, width) => allowed.Round(width, rng));

    private BitGenome Fit(BitGenome genome, Func<AllowedCounts, int, int> round)
    {
        var allowed = new BitGenome([.. genome.Segments.Select((bits, group) => OfWidth(bits, round(space.Widths[group], bits.Count), scores[group]))]);
        return macs is { } budget ? BudgetRepair.Fit(space, allowed, scores, budget, space.Floors) : allowed;
    }

    /// <summary>Channels of highest score come back where too few are left, those of lowest score go where too many are.</summary>
    private static BitString OfWidth(BitString bits, int width, double[] score)
    {
        var ranked = Enumerable.Range(0, bits.Length).OrderByDescending(channel => score[channel]).ThenBy(channel => channel);
        var changed = width >= bits.Count
            ? ranked.Where(channel => !bits[channel]).Take(width - bits.Count)
            : ranked.Where(channel => bits[channel]).Skip(width);
        return changed.Aggregate(bits, (result, channel) => result.With(channel, !result[channel]));
    }
}
