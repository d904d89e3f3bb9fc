namespace Coppice.Search.Algorithms;

/// <summary>The settings of <see cref="CooperativeCoevolution"/>; the defaults are the paper's for CIFAR-10.</summary>
public sealed record CooperativeCoevolutionOptions
{
    /// <summary>The seed of the run. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The round of prune and fine-tune, from 0; rounds draw from different streams. Default 0.</summary>
    public int Round { get; init; }

    /// <summary>m: individuals per species, and offspring per generation, at least 2. Default 5.</summary>
    public int PopulationSize { get; init; } = 5;

    /// <summary>G: generations after the founders, at least 1. Default 10.</summary>
    public int Generations { get; init; } = 10;

    /// <summary>1 − p₁: probability that a founder keeps a filter, in [0, 1). Default 0.95. Unused with a <see cref="CostBudget"/>.</summary>
    public double InitialKeepProbability { get; init; } = 0.95;

    /// <summary>p₂: probability that a mutation flips a bit, in (0, 1]. Default 0.10.</summary>
    public double MutationRate { get; init; } = 0.10;

    /// <summary>1 − r: share of a group's filters that each individual keeps at least, in (0, 1]. Default 0.90.</summary>
    public double MinKeptRatio { get; init; } = 0.90;

    /// <summary>Filters that each individual of a group keeps at least, whatever the share, at least 1; a smaller group stays whole. Default 1.</summary>
    public int MinKeptCount { get; init; } = 1;

    /// <summary>
    /// Cost that the joint genome shall not exceed, in the unit of <see cref="Evaluation.Cost"/>, at least 0; null, the default, for the
    /// paper's search without a target.
    /// </summary>
    public double? CostBudget { get; init; }

    /// <summary>⌈(1 − r) · N⌉, or <see cref="MinKeptCount"/> if that is more: the fewest filters that an individual of a group may keep.</summary>
    /// <param name="groupSize">N: the filters of the group, at least 1.</param>
    /// <returns>A number in [1, <paramref name="groupSize"/>].</returns>
    public int MinKept(int groupSize) => Math.Max(
        (int)decimal.Ceiling((decimal)MinKeptRatio * groupSize), // decimal, since 0.55 · 20 = 11.000000000000002
        Math.Min(MinKeptCount, groupSize));

    /// <summary>Those of a group's allowed counts that its individuals may have: from <see cref="MinKept"/> on, and one step below the whole group where its steps are too coarse for that.</summary>
    /// <param name="counts">What the group may keep.</param>
    public AllowedCounts Within(AllowedCounts counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        int least = MinKept(counts.Size);
        return counts.From(counts.Step > 1 ? Math.Min(least, counts.Below(counts.Size)) : least);
    }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range; the message lists all that are.</exception>
    public void Validate()
    {
        var faults = new OptionFaults();
        faults.Require(Round >= 0, nameof(Round), Round, "at least 0");
        faults.Require(PopulationSize >= 2, nameof(PopulationSize), PopulationSize, "at least 2");
        faults.Require(Generations >= 1, nameof(Generations), Generations, "at least 1");
        faults.Require(InitialKeepProbability is >= 0 and < 1, nameof(InitialKeepProbability), InitialKeepProbability, "in [0, 1)");
        faults.Require(MutationRate is > 0 and <= 1, nameof(MutationRate), MutationRate, "in (0, 1]");
        faults.Require(MinKeptRatio is > 0 and <= 1, nameof(MinKeptRatio), MinKeptRatio, "in (0, 1]");
        faults.Require(MinKeptCount >= 1, nameof(MinKeptCount), MinKeptCount, "at least 1");
        faults.Require(
            CostBudget is null or (>= 0 and < double.PositiveInfinity), nameof(CostBudget), CostBudget ?? 0, "finite and at least 0, or absent");
        faults.ThrowIfAny("cooperative coevolution");
    }
}
