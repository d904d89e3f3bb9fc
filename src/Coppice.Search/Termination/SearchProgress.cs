namespace Coppice.Search.Termination;

/// <summary>How far a search has come: all that a decision to stop may look at.</summary>
/// <param name="Generation">The number of the newest generation, from 0.</param>
/// <param name="Evaluations">How many candidates have been evaluated.</param>
/// <param name="BestFitness">The best fitness so far.</param>
/// <param name="GenerationsWithoutImprovement">How many generations have passed since the best fitness rose.</param>
public sealed record SearchProgress(int Generation, long Evaluations, double BestFitness, int GenerationsWithoutImprovement)
{
    /// <summary>Before the first generation: nothing evaluated, nothing found.</summary>
    public static SearchProgress NotStarted { get; } = new(-1, 0, double.NegativeInfinity, 0);

    /// <summary>The progress after one more generation.</summary>
    /// <param name="evaluations">How many candidates that generation evaluated.</param>
    /// <param name="fitness">The best fitness of that generation.</param>
    public SearchProgress Advance(long evaluations, double fitness) => new(
        Generation + 1,
        Evaluations + evaluations,
        Math.Max(BestFitness, fitness),
        fitness > BestFitness || Generation < 0 ? 0 : GenerationsWithoutImprovement + 1);
}
