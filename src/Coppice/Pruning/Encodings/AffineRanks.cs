using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Operators;

namespace Coppice.Pruning.Encodings;

/// <summary>
/// Two numbers per group (LeGR: Chin, Ding, Zhang &amp; Marculescu, CVPR 2020): channel j of group l is ranked among all channels of the network by <c>α_l ‖w_lj‖² + κ_l</c>, and the lowest
/// go until the MAC target is met. So every genome is feasible, and one search serves all targets.
/// </summary>
/// <remarks>
/// <para>Genes: log α_l, then κ_l in units of the standard deviation of the group's norms; zeros are the global ranking by norm.</para>
/// <para>Founders are mutated zeros. A mutation changes a tenth of the genes, at least one on average, by a step that shrinks as the search goes on: σ = 1 at first.</para>
/// <para>Deviation: without a MAC target, which LeGR always has, a last gene says how large the network is, from 0 for the smallest of the space to 1 for all of it; founders are of every size.</para>
/// <para>Deviation: for algorithms that cross, which LeGR's does not, simulated binary crossover, and the step that is LeGR's after half of its search.</para>
/// <para>Deviation: norms are taken relative to their group's mean, so that groups of few and of many weights start alike; a search from zeros would otherwise spend its first
/// generations on that.</para>
/// </remarks>
public sealed class AffineRanks : INumericEncoding<RealGenome>
{
    private const double Bound = 4;
    private const double ChangedShare = 0.1;
    private const double SmallestStep = 0.1;
    private readonly PruningSpace _space;
    private readonly ImmutableArray<double[]> _norms;
    private readonly double[] _deviations;
    private readonly long? _macs;
    private readonly long _least;
    private readonly long _full;
    private readonly ImmutableArray<int> _minWidths;

    /// <summary>An encoding.</summary>
    /// <param name="space">What may change.</param>
    /// <param name="norms">‖w‖² of each channel of each group, or any other score that is not negative, higher = keep.</param>
    /// <param name="macs">The budget, which the space must be able to reach; null for a gene that says it.</param>
    /// <param name="minKeptRatio">Share of its channels that each group keeps where the budget allows; the paper's is a tenth.</param>
    public AffineRanks(PruningSpace space, ImmutableArray<double[]> norms, long? macs, double minKeptRatio)
    {
        (_space, _macs, _least, _full) = (space, macs, space.Smallest.Macs, space.Cost.Full.Macs);
        _norms = [.. norms.Select(Relative)];
        _deviations = [.. _norms.Select(Deviation)];
        _minWidths = [.. space.Widths.Select(widths => Math.Max(widths.Least, (int)Math.Ceiling(minKeptRatio * widths.Size)))];
        var affine = RealSpace.Cube(2 * space.Groups.Length, -Bound, Bound);
        Space = macs is null ? new(affine.Lower.Add(0), affine.Upper.Add(1)) : affine;
    }

    /// <summary>The genomes: 2 numbers per group in [−4, 4], and without a MAC target a size in [0, 1].</summary>
    public RealSpace Space { get; }

    INumericSpace<RealGenome> INumericEncoding<RealGenome>.Space => Space;

    /// <inheritdoc/>
    public Variation<RealGenome> Variation => new(Found, new SimulatedBinaryCrossover(Space), MutationAt(0.5));

    /// <summary>The global ranking by norm itself; without a MAC target, of the smallest network.</summary>
    public RealGenome Identity => new([.. new double[Space.Dimensions]]);

    /// <inheritdoc/>
    public BitGenome Decode(RealGenome genome)
    {
        int groups = _space.Groups.Length;
        var ranking = _norms
            .SelectMany((norms, group) => norms.Select((norm, channel) =>
                (Group: group, Channel: channel, Rank: (Math.Exp(genome[group]) * norm) + (genome[groups + group] * _deviations[group]))))
            .OrderBy(entry => entry.Rank).ThenBy(entry => entry.Group).ThenBy(entry => entry.Channel);
        return BudgetRepair.Fit(_space, BitGenome.AllOnes(_space.Sizes.AsSpan()), new ChannelRanking([.. ranking]), Budget(genome), _minWidths);
    }

    /// <summary>The ranking by norm itself, of as many MACs as the uniform network; widths are the ranking's, not uniform.</summary>
    public RealGenome Uniform(double share) => _macs is null ? Sized(Identity, SizeAt(share)) : Identity;

    /// <inheritdoc/>
    public IMutation<RealGenome> MutationAt(double done) =>
        new GaussianMutation(Space, Math.Max(SmallestStep, 1 - done) / Space.Range(0), Math.Max(ChangedShare, 1.0 / Space.Dimensions));

    private RealGenome Found(Rng rng)
    {
        var founder = MutationAt(0).Mutate(Identity, rng);
        return _macs is null ? Sized(founder, rng.NextDouble()) : founder;
    }

    private RealGenome Sized(RealGenome genome, double size) => genome.With(Space.Dimensions - 1, size);

    /// <summary>The gene for the MACs of the uniform network; where nothing can go there is but one size.</summary>
    private double SizeAt(double share)
    {
        long macs = _space.CostOf(WidthPlanner.AtShares(_space, [.. _space.Groups.Select(_ => share)])).Macs;
        return (double)(macs - _least) / Math.Max(1, _full - _least);
    }

    private long Budget(RealGenome genome) => _macs ?? _least + (long)(genome[Space.Dimensions - 1] * (_full - _least));

    private static double[] Relative(double[] norms)
    {
        double mean = Math.Max(norms.Average(), double.Epsilon);
        return [.. norms.Select(norm => norm / mean)];
    }

    private static double Deviation(double[] norms) => Math.Sqrt(norms.Average(norm => (norm - 1) * (norm - 1)));
}
