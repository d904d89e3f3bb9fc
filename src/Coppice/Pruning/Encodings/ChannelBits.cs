using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Operators;

namespace Coppice.Pruning.Encodings;

/// <summary>One bit per channel, set = stays (Wang et al., 2018; Hu et al., 2018; CCEP). Each group keeps its floor; a MAC target is met by <see cref="BudgetRepair"/>.</summary>
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

    /// <inheritdoc/>
    public BitGenome Decode(BitGenome genome)
    {
        var floored = new BitGenome([.. genome.Segments.Select(AtLeastFloor)]);
        return macs is { } budget ? BudgetRepair.Fit(space, floored, scores, budget, [.. space.Groups.Select(space.Floor)]) : floored;
    }

    /// <inheritdoc/>
    public BitGenome Uniform(double share) =>
        space.Best(scores, macs is { } budget ? WidthPlanner.Uniform(space, budget) : WidthPlanner.AtShares(space, [.. space.Groups.Select(_ => share)]));

    /// <inheritdoc/>
    public IMutation<BitGenome> MutationAt(double done) => new RepairedMutation<BitGenome>(new BitFlip<BitGenome>(), this);

    /// <summary>What is evolved is what is evaluated: the repaired genome takes the place of the one that came out of chance.</summary>
    public BitGenome Repair(BitGenome genome, Rng rng) => Decode(genome);

    /// <summary>Channels of highest score come back where fewer than the floor are left.</summary>
    private BitString AtLeastFloor(BitString bits, int group)
    {
        int floor = space.Floor(space.Groups[group]);
        double[] score = scores[group];
        foreach (int channel in Enumerable.Range(0, bits.Length).OrderByDescending(channel => score[channel]).ThenBy(channel => channel))
        {
            if (bits.Count >= floor)
            {
                break;
            }

            bits = bits.With(channel, true);
        }

        return bits;
    }
}
