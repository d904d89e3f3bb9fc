using System.Text.Json.Serialization;

namespace Coppice.Search.Algorithms;

/// <summary>Who competes for the next generation of a <see cref="GeneticAlgorithm{TGenome}"/>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Replacement>))]
public enum Replacement
{
    /// <summary>The children replace the parents, but for the elites.</summary>
    Generational,

    /// <summary>(μ + λ): the best of parents and children live on.</summary>
    MuPlusLambda,
}

/// <summary>The settings of a <see cref="GeneticAlgorithm{TGenome}"/>; the defaults are those that Hu's layer search is run with.</summary>
public sealed record GeneticAlgorithmOptions
{
    /// <summary>The seed of the run. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>μ: individuals of a generation, at least 2. Default 50.</summary>
    public int PopulationSize { get; init; } = 50;

    /// <summary>λ: children of a generation, at least 1; null, the default, for as many as there are places: μ, less the elites if generational.</summary>
    public int? OffspringCount { get; init; }

    /// <summary>Best parents that live on in any case, in [0, μ); without meaning for (μ + λ), where all parents compete. Default 2.</summary>
    public int Elites { get; init; } = 2;

    /// <summary>p_c: probability that a pair is crossed and not copied, in [0, 1]. Default 0.8.</summary>
    public double CrossoverProbability { get; init; } = 0.8;

    /// <summary>p_m: probability that a child is handed to the mutation, which has a rate per gene of its own, in [0, 1]. Default 1.</summary>
    public double MutationProbability { get; init; } = 1;

    /// <summary>Who competes for the next generation. Default generational.</summary>
    public Replacement Replacement { get; init; } = Replacement.Generational;

    /// <summary>λ, as given or by default.</summary>
    internal int Offspring => OffspringCount ?? (PopulationSize - (Replacement == Replacement.Generational ? Elites : 0));

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range; the message lists all that are.</exception>
    public void Validate()
    {
        var faults = new OptionFaults();
        faults.Require(PopulationSize >= 2, nameof(PopulationSize), PopulationSize, "at least 2");
        faults.Require(OffspringCount is null or >= 1, nameof(OffspringCount), OffspringCount ?? 0, "at least 1, or absent");
        faults.Require(Elites >= 0 && Elites < PopulationSize, nameof(Elites), Elites, "at least 0 and less than the population");
        faults.Require(CrossoverProbability is >= 0 and <= 1, nameof(CrossoverProbability), CrossoverProbability, "in [0, 1]");
        faults.Require(MutationProbability is >= 0 and <= 1, nameof(MutationProbability), MutationProbability, "in [0, 1]");
        faults.ThrowIfAny("genetic algorithm");
    }
}
