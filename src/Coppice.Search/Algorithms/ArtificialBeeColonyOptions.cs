using System.Text.Json.Serialization;

namespace Coppice.Search.Algorithms;

/// <summary>How the onlookers of an <see cref="ArtificialBeeColony{TGenome}"/> choose their sources.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OnlookerRule>))]
public enum OnlookerRule
{
    /// <summary>p_i = fit_i / Σ fit, one draw per onlooker (Karaboga &amp; Basturk, 2007).</summary>
    Proportional,

    /// <summary>As <see cref="Proportional"/> of the fitness above the worst, so that near-equal fitness still chooses.</summary>
    Windowed,

    /// <summary>
    /// p_i = 0.9 fit_i / max fit + 0.1; the sources are walked in a circle and each accepts an onlooker with p_i (ABCPruner's code). With
    /// near-equal fitness all p_i are near 1, so this hardly chooses at all.
    /// </summary>
    ScaledByMaximum,
}

/// <summary>The settings of an <see cref="ArtificialBeeColony{TGenome}"/>; the defaults are those of ABCPruner's code (its paper: 3 sources, limit 2).</summary>
public sealed record ArtificialBeeColonyOptions
{
    /// <summary>The seed of the run. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>n: food sources, employed bees and onlookers, at least 2. Default 10.</summary>
    public int SourceCount { get; init; } = 10;

    /// <summary>M: the trials after which a source is abandoned, at least 1. Default 5.</summary>
    public int Limit { get; init; } = 5;

    /// <summary>How many different genes a move changes, at least 1; all if there are not as many. Default 2; Karaboga's is 1.</summary>
    public int ChangedGenes { get; init; } = 2;

    /// <summary>How onlookers choose. Default proportional.</summary>
    public OnlookerRule Onlookers { get; init; } = OnlookerRule.Proportional;

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range; the message lists all that are.</exception>
    public void Validate()
    {
        var faults = new OptionFaults();
        faults.Require(SourceCount >= 2, nameof(SourceCount), SourceCount, "at least 2");
        faults.Require(Limit >= 1, nameof(Limit), Limit, "at least 1");
        faults.Require(ChangedGenes >= 1, nameof(ChangedGenes), ChangedGenes, "at least 1");
        faults.Require(Enum.IsDefined(Onlookers), nameof(Onlookers), (int)Onlookers, "proportional, windowed or scaled by maximum");
        faults.ThrowIfAny("artificial bee colony");
    }
}
