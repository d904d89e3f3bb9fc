using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Operators;

namespace Coppice.Pruning.Encodings;

/// <summary>One bit per channel, set = stays (Wang et al., 2018; Hu et al., 2018; CCEP). Each group keeps its floor; a MAC target is met by <see cref="BudgetRepair"/>.</summary>
/// <param name="space">What may change.</param>
/// <param name="scores">Score of each channel of each group, higher = keep: decides which channels a repair takes or gives back.</param>
/// <param name="macs">The budget, or null for none; the space must be able to reach it.</param>
public sealed class ChannelBits(PruningSpace space, ImmutableArray<double[]> scores, long? macs) : IGenomeEncoding<BitGenome>, IRepair<BitGenome>
{
    /// <inheritdoc/>
    public BitGenome Decode(BitGenome genome)
    {
        var floored = new BitGenome([.. genome.Segments.Select(AtLeastFloor)]);
        return macs is { } budget ? BudgetRepair.Fit(space, floored, scores, budget, [.. space.Groups.Select(space.Floor)]) : floored;
    }

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
