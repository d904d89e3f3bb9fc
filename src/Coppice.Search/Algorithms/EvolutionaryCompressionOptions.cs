using System.Text.Json.Serialization;
using Coppice.Search.Operators;

namespace Coppice.Search.Algorithms;

/// <summary>How <see cref="EvolutionaryCompression"/> draws parents.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SelectionRule>))]
public enum SelectionRule
{
    /// <summary>P(k) = f_k / Σ f, as published: <see cref="RouletteWheel"/>.</summary>
    Roulette,

    /// <summary>By rank, the best twice as often as the average: <see cref="LinearRank"/>.</summary>
    Rank,

    /// <summary>The better of two: <see cref="Operators.Tournament"/>.</summary>
    Tournament,
}

/// <summary>The settings of <see cref="EvolutionaryCompression"/>; the defaults are the paper's but for its size (1000 individuals, 100 generations).</summary>
public sealed record EvolutionaryCompressionOptions
{
    /// <summary>The seed of the run. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>K: individuals of a generation, at least 2. Default 32.</summary>
    public int PopulationSize { get; init; } = 32;

    /// <summary>s₁: probability that a place is filled by a copy, in [0, 1]. Default 0.2.</summary>
    public double CopyProbability { get; init; } = 0.2;

    /// <summary>s₂: probability that places are filled by a crossover, in [0, 1 − s₁]; the rest, s₃, is mutation. Default 0.7.</summary>
    public double CrossoverProbability { get; init; } = 0.7;

    /// <summary>How parents are drawn. Default the paper's roulette; its cure is rank or tournament.</summary>
    public SelectionRule Selection { get; init; } = SelectionRule.Roulette;

    /// <summary>
    /// The probability per bit of a bit flip, in (0, 1], 1 / L for one flip on average: it takes the place of segment inversion, and every
    /// child of a crossover is mutated too. Null, the default, for the paper's segment inversion.
    /// </summary>
    public double? BitMutationRate { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range; the message lists all that are.</exception>
    public void Validate()
    {
        var faults = new OptionFaults();
        faults.Require(PopulationSize >= 2, nameof(PopulationSize), PopulationSize, "at least 2");
        faults.Require(CopyProbability is >= 0 and <= 1, nameof(CopyProbability), CopyProbability, "in [0, 1]");
        faults.Require(
            CrossoverProbability >= 0 && CrossoverProbability <= 1 - CopyProbability,
            nameof(CrossoverProbability), CrossoverProbability, "at least 0 and at most 1 − CopyProbability");
        faults.Require(Enum.IsDefined(Selection), nameof(Selection), (int)Selection, "roulette, rank or tournament");
        faults.Require(BitMutationRate is null or (> 0 and <= 1), nameof(BitMutationRate), BitMutationRate ?? 0, "in (0, 1], or absent");
        faults.ThrowIfAny("evolutionary compression");
    }
}
