namespace Coppice.Search.Algorithms;

/// <summary>The settings of <see cref="RegularizedEvolution{TGenome}"/>; the defaults are LeGR's (CVPR 2020).</summary>
public sealed record RegularizedEvolutionOptions
{
    /// <summary>The seed of the run. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>P: individuals alive, at least 1. Default 64.</summary>
    public int PopulationSize { get; init; } = 64;

    /// <summary>S: how many compete to be the parent, drawn with replacement, at least 1. Default 16.</summary>
    public int TournamentSize { get; init; } = 16;

    /// <summary>Children of one step, evaluated as one batch, in [1, P]. Default 1: the paper.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range; the message lists all that are.</exception>
    public void Validate()
    {
        var faults = new OptionFaults();
        faults.Require(PopulationSize >= 1, nameof(PopulationSize), PopulationSize, "at least 1");
        faults.Require(TournamentSize >= 1, nameof(TournamentSize), TournamentSize, "at least 1");
        faults.Require(BatchSize >= 1 && BatchSize <= PopulationSize, nameof(BatchSize), BatchSize, "at least 1 and at most the population");
        faults.ThrowIfAny("regularized evolution");
    }
}
