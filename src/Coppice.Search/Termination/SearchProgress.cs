using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Coppice.Search.Termination;

/// <summary>How far a search has come: all that a decision to stop may look at.</summary>
/// <param name="Generation">The number of the newest generation, from 0.</param>
/// <param name="Evaluations">How many candidates have been evaluated.</param>
/// <param name="BestFitness">The best fitness so far.</param>
/// <param name="GenerationsWithoutImprovement">How many generations have passed since the best fitness rose.</param>
public sealed record SearchProgress(
    int Generation,
    long Evaluations,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double BestFitness,
    int GenerationsWithoutImprovement)
{
    /// <summary>Before the first generation: nothing evaluated, nothing found.</summary>
    public static SearchProgress NotStarted { get; } = new(-1, 0, double.NegativeInfinity, 0);

    /// <summary>The time spent on steps, over all interruptions.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>The hypervolume after each generation, oldest first; empty where it is not measured.</summary>
    public ImmutableArray<double> Hypervolumes { get; init; } = [];

    /// <summary>The progress after one more generation.</summary>
    /// <param name="evaluations">How many candidates that generation evaluated.</param>
    /// <param name="fitness">The best fitness of that generation.</param>
    public SearchProgress Advance(long evaluations, double fitness) => this with
    {
        Generation = Generation + 1,
        Evaluations = Evaluations + evaluations,
        BestFitness = Math.Max(BestFitness, fitness),
        GenerationsWithoutImprovement = fitness > BestFitness || Generation < 0 ? 0 : GenerationsWithoutImprovement + 1,
    };

    /// <inheritdoc/>
    public bool Equals(SearchProgress? other) =>
        other is not null && Generation == other.Generation && Evaluations == other.Evaluations && BestFitness.Equals(other.BestFitness)
        && GenerationsWithoutImprovement == other.GenerationsWithoutImprovement && Elapsed == other.Elapsed
        && Hypervolumes.AsSpan().SequenceEqual(other.Hypervolumes.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Generation, Evaluations, BestFitness, GenerationsWithoutImprovement, Elapsed);
}
