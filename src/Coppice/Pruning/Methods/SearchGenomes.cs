using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Pruning.Encodings;

namespace Coppice.Pruning.Methods;

/// <summary>The genomes over the space of a search, made alike for all methods; a method's own settings replace the defaults.</summary>
/// <param name="Session">The search.</param>
/// <param name="Macs">The budget that every genome is brought to; null where genomes say their size themselves.</param>
internal sealed record SearchGenomes(SearchSession Session, long? Macs)
{
    /// <summary>Steps that a group's channels are counted in; ABCPruner's tenths.</summary>
    public int Steps { get; init; } = 10;

    /// <summary>The most steps that a group keeps; null for all.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>Share of its channels that each group keeps at least when all are ranked; LeGR's tenth.</summary>
    public double MinKeptRatio { get; init; } = 0.1;

    /// <summary>Score of each channel of each group, higher = keep, in place of the norms of its weights.</summary>
    public ImmutableArray<double[]>? Scores { get; init; }

    /// <summary>A bit per channel; the L1 norm decides what a repair takes or gives back.</summary>
    public ChannelBits Bits => new(Session.Space, Scores ?? Session.Scores(new L1Norm()), Macs);

    /// <summary>A count per group; the channels of highest L1 norm stay.</summary>
    public KeptCounts Counts => new(Session.Space, Scores ?? Session.Scores(new L1Norm()), Macs, Steps, MaxSteps ?? Steps);

    /// <summary>Two numbers per group; channels are ranked by their squared L2 norms.</summary>
    public AffineRanks Ranks => new(Session.Space, Scores ?? Squares(Session.Scores(new L2Norm())), Macs, MinKeptRatio);

    private static ImmutableArray<double[]> Squares(ImmutableArray<double[]> norms) => [.. norms.Select(group => group.Select(norm => norm * norm).ToArray())];
}
