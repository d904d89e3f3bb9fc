using System.Text.Json.Serialization;

namespace Coppice.Search;

/// <summary>A genome with its evaluation. A changed genome is a new individual, so a stale fitness cannot exist.</summary>
/// <typeparam name="TGenome">The encoded candidate; a value with its own equality.</typeparam>
/// <param name="Genome">The encoded candidate.</param>
/// <param name="Evaluation">What its evaluation gave.</param>
public sealed record Individual<TGenome>(TGenome Genome, Evaluation Evaluation)
{
    /// <summary>The number to maximise; −∞ if the candidate failed.</summary>
    [JsonIgnore]
    public double Fitness => Evaluation.Fitness;

    /// <summary>The number to minimise, in the unit of the evaluation.</summary>
    [JsonIgnore]
    public double Cost => Evaluation.Cost;

    /// <summary>Whether the candidate could be evaluated.</summary>
    [JsonIgnore]
    public bool Succeeded => Evaluation.Status == EvaluationStatus.Succeeded;
}
