using System.Collections.Immutable;
using Coppice.Search;

namespace Coppice.Pruning.Encodings;

/// <summary>
/// Two numbers per group (LeGR: Chin, Ding, Zhang &amp; Marculescu, CVPR 2020): channel j of group l is ranked among all channels of the network by <c>α_l ‖w_lj‖² + κ_l</c>, and the lowest
/// go until the MAC target is met. So every genome is feasible, and one search serves all targets.
/// </summary>
/// <remarks>
/// <para>Genes: log α_l, then κ_l in units of the standard deviation of the group's norms; zeros are the global ranking by norm.</para>
/// <para>Deviation: norms are taken relative to their group's mean, so that groups of few and of many weights start alike; a search from zeros would otherwise spend its first
/// generations on that.</para>
/// </remarks>
public sealed class AffineRanks : IGenomeEncoding<RealGenome>
{
    private const double Bound = 4;
    private readonly PruningSpace _space;
    private readonly ImmutableArray<double[]> _norms;
    private readonly double[] _deviations;
    private readonly long _macs;
    private readonly ImmutableArray<int> _minWidths;

    /// <summary>An encoding.</summary>
    /// <param name="space">What may change.</param>
    /// <param name="norms">‖w‖² of each channel of each group, or any other score that is not negative, higher = keep.</param>
    /// <param name="macs">The budget; the space must be able to reach it.</param>
    /// <param name="minKeptRatio">Share of its channels that each group keeps where the budget allows; the paper's is a tenth.</param>
    public AffineRanks(PruningSpace space, ImmutableArray<double[]> norms, long macs, double minKeptRatio)
    {
        (_space, _macs) = (space, macs);
        _norms = [.. norms.Select(Relative)];
        _deviations = [.. _norms.Select(Deviation)];
        _minWidths = [.. space.Groups.Select(group => Math.Max(space.Floor(group), (int)Math.Ceiling(minKeptRatio * group.Size)))];
        Space = RealSpace.Cube(2 * space.Groups.Length, -Bound, Bound);
    }

    /// <summary>The genomes: 2 numbers per group in [−4, 4].</summary>
    public RealSpace Space { get; }

    /// <summary>The global ranking by norm itself.</summary>
    public RealGenome Identity => new([.. new double[Space.Dimensions]]);

    /// <inheritdoc/>
    public BitGenome Decode(RealGenome genome)
    {
        int groups = _space.Groups.Length;
        var ranking = _norms
            .SelectMany((norms, group) => norms.Select((norm, channel) =>
                (Group: group, Channel: channel, Rank: (Math.Exp(genome[group]) * norm) + (genome[groups + group] * _deviations[group]))))
            .OrderBy(entry => entry.Rank).ThenBy(entry => entry.Group).ThenBy(entry => entry.Channel);
        return BudgetRepair.Fit(_space, BitGenome.AllOnes(_space.Sizes.AsSpan()), new ChannelRanking([.. ranking]), _macs, _minWidths);
    }

    private static double[] Relative(double[] norms)
    {
        double mean = Math.Max(norms.Average(), double.Epsilon);
        return [.. norms.Select(norm => norm / mean)];
    }

    private static double Deviation(double[] norms) => Math.Sqrt(norms.Average(norm => (norm - 1) * (norm - 1)));
}
