namespace Coppice.Search.Algorithms;

/// <summary>The settings of a <see cref="RandomSearch{TGenome}"/>.</summary>
public sealed record RandomSearchOptions
{
    /// <summary>The seed of the run. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>k: how many genomes are drawn in all, at least 1. Default 100.</summary>
    public int Samples { get; init; } = 100;

    /// <summary>How many genomes are evaluated at a time, at least 1; has no influence on the result. Default 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range; the message lists all that are.</exception>
    public void Validate()
    {
        var faults = new OptionFaults();
        faults.Require(Samples >= 1, nameof(Samples), Samples, "at least 1");
        faults.Require(BatchSize >= 1, nameof(BatchSize), BatchSize, "at least 1");
        faults.ThrowIfAny("random search");
    }
}
