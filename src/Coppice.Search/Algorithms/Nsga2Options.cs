namespace Coppice.Search.Algorithms;

/// <summary>The settings of <see cref="Nsga2{TGenome}"/>; the defaults are the paper's for real genes, but for the number of generations.</summary>
public sealed record Nsga2Options
{
    /// <summary>The seed of the run. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>N: individuals of a generation, and children, at least 2. Default 100.</summary>
    public int PopulationSize { get; init; } = 100;

    /// <summary>p_c: probability that a pair is crossed and not copied, in [0, 1]. Default 0.9.</summary>
    public double CrossoverProbability { get; init; } = 0.9;

    /// <summary>p_m: probability that a child is handed to the mutation, which has a rate per gene of its own, in [0, 1]. Default 1.</summary>
    public double MutationProbability { get; init; } = 1;

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range; the message lists all that are.</exception>
    public void Validate()
    {
        var faults = new OptionFaults();
        faults.Require(PopulationSize >= 2, nameof(PopulationSize), PopulationSize, "at least 2");
        faults.Require(CrossoverProbability is >= 0 and <= 1, nameof(CrossoverProbability), CrossoverProbability, "in [0, 1]");
        faults.Require(MutationProbability is >= 0 and <= 1, nameof(MutationProbability), MutationProbability, "in [0, 1]");
        faults.ThrowIfAny("NSGA-II");
    }
}
