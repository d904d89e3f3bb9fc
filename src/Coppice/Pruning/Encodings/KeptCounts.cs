using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Operators;

namespace Coppice.Pruning.Encodings;

/// <summary>
/// One integer per group: how many steps of its channels stay (ABCPruner, IJCAI 2020: tenths, 1 to 10 α). Which channels they are, the scores say: L1 norms, or random ones as in the
/// paper, whose point is that only the counts matter. A MAC target is met by scaling all counts alike.
/// </summary>
/// <remarks>Founders are uniform in the space, crossovers uniform, mutations single steps up or down, of one gene on average.</remarks>
public sealed class KeptCounts : INumericEncoding<IntegerGenome>
{
    private readonly PruningSpace _space;
    private readonly ImmutableArray<double[]> _scores;
    private readonly long? _macs;

    /// <summary>An encoding.</summary>
    /// <param name="space">What may change.</param>
    /// <param name="scores">Score of each channel of each group, higher = keep.</param>
    /// <param name="macs">The budget, or null for none; the space must be able to reach it.</param>
    /// <param name="steps">Steps that a whole group is divided into; 10 in the paper.</param>
    /// <param name="maxSteps">10 α: the most steps that a group keeps, in [1, steps].</param>
    public KeptCounts(PruningSpace space, ImmutableArray<double[]> scores, long? macs, int steps, int maxSteps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSteps, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxSteps, steps);
        (_space, _scores, _macs, Steps) = (space, scores, macs, steps);
        Space = IntegerSpace.Cube(space.Groups.Length, 1, maxSteps);
    }

    /// <summary>Steps that a whole group is divided into.</summary>
    public int Steps { get; }

    /// <summary>The genomes: 1 to 10 α per group.</summary>
    public IntegerSpace Space { get; }

    INumericSpace<IntegerGenome> INumericEncoding<IntegerGenome>.Space => Space;

    /// <inheritdoc/>
    public Variation<IntegerGenome> Variation => new(Space.Sample, new UniformCrossover<IntegerGenome>(), MutationAt(0));

    /// <inheritdoc/>
    public BitGenome Decode(IntegerGenome genome) => _space.Best(_scores, Widths(genome));

    /// <summary>Channels that each group keeps.</summary>
    public ImmutableArray<int> Widths(IntegerGenome genome)
    {
        ImmutableArray<double> shares = [.. genome.Genes.Select(gene => (double)gene / Steps)];
        return _macs is { } budget ? WidthPlanner.Proportional(_space, shares, budget) : WidthPlanner.AtShares(_space, shares);
    }

    /// <inheritdoc/>
    public IntegerGenome Uniform(double share) =>
        new([.. _space.Groups.Select((_, group) => Space.Nearest(group, Math.Floor((share * Steps) + 1e-9)))]);

    /// <inheritdoc/>
    public IMutation<IntegerGenome> MutationAt(double done) => new IntegerStep(Space);

    /// <summary>The genome nearest to the given widths.</summary>
    public IntegerGenome Encode(ImmutableArray<int> widths) =>
        new([.. widths.Select((width, group) => Space.Nearest(group, (double)width * Steps / _space.Groups[group].Size))]);
}
