using System.Globalization;
using System.Text.Json.Serialization;

namespace Coppice.Search;

/// <summary>Whether a candidate could be evaluated.</summary>
public enum EvaluationStatus
{
    /// <summary>The candidate has a finite fitness and cost.</summary>
    Succeeded,

    /// <summary>The candidate could not be evaluated, or its fitness or cost is not a finite number.</summary>
    Failed,
}

/// <summary>What is known of a candidate after its evaluation. A candidate that fails is a result, not an exception.</summary>
/// <remarks>A product derives its own record to carry more; the invariant that no ranking ever meets a NaN is kept here.</remarks>
public record Evaluation
{
    /// <summary>The result of an evaluation; it is failed if a reason is given or if fitness or cost is not finite.</summary>
    /// <param name="fitness">The number to maximise.</param>
    /// <param name="cost">The number to minimise, in a unit of the caller's choice, for example MACs.</param>
    /// <param name="failureReason">Why the candidate failed, or null.</param>
    [JsonConstructor]
    public Evaluation(double fitness, double cost, string? failureReason = null)
    {
        FailureReason = failureReason ?? FaultOf("fitness", fitness) ?? FaultOf("cost", cost);
        Fitness = FailureReason is null ? fitness : double.NegativeInfinity;
        Cost = double.IsNaN(cost) ? double.PositiveInfinity : cost;
    }

    /// <summary>The number to maximise: finite if succeeded, −∞ if failed.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    public double Fitness { get; }

    /// <summary>The number to minimise, used in ties and trade-offs, for example MACs: finite if succeeded, never NaN.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    public double Cost { get; }

    /// <summary>Why the candidate failed; null if it succeeded.</summary>
    public string? FailureReason { get; }

    /// <summary>Whether the candidate could be evaluated.</summary>
    [JsonIgnore]
    public EvaluationStatus Status => FailureReason is null ? EvaluationStatus.Succeeded : EvaluationStatus.Failed;

    /// <summary>The result of a candidate that could not be evaluated: fitness −∞, cost +∞.</summary>
    /// <param name="reason">Why it failed.</param>
    public static Evaluation Failed(string reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new(double.NegativeInfinity, double.PositiveInfinity, reason);
    }

    private static string? FaultOf(string quantity, double value) =>
        double.IsFinite(value) ? null : string.Create(CultureInfo.InvariantCulture, $"The {quantity} is {value}, not a finite number.");
}
