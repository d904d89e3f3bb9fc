using System.Collections.Immutable;

namespace Coppice.Search;

/// <summary>Holds an evaluator to its contract before a wrong answer can shift fitness from one candidate to another.</summary>
internal static class EvaluatorContract
{
    /// <summary>Evaluates the genomes, none if there are none, and checks that each got its evaluation.</summary>
    public static async ValueTask<ImmutableArray<Evaluation>> EvaluateCheckedAsync<TGenome>(
        this IFitnessEvaluator<TGenome> evaluator, ImmutableArray<TGenome> genomes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (genomes.IsEmpty) return [];

        var evaluations = await evaluator.EvaluateAsync(genomes, cancellationToken);
        if (evaluations.IsDefault || evaluations.Length != genomes.Length)
        {
            int count = evaluations.IsDefault ? 0 : evaluations.Length;
            throw new InvalidOperationException(
                $"{evaluator.GetType().Name} gave {count} evaluations for {genomes.Length} genomes; "
                + "an evaluator must give one per genome, in order.");
        }

        return evaluations;
    }

    /// <summary>The genomes as individuals, in order. What is already known, and what comes twice, is not evaluated again.</summary>
    /// <returns>The individuals, and how many were evaluated for it.</returns>
    public static async ValueTask<(ImmutableArray<Individual<TGenome>> Individuals, int Evaluations)> EvaluateUnseenAsync<TGenome>(
        this IFitnessEvaluator<TGenome> evaluator,
        IEnumerable<Individual<TGenome>> known,
        ImmutableArray<TGenome> genomes,
        CancellationToken cancellationToken)
        where TGenome : notnull
    {
        Dictionary<TGenome, Evaluation> memo = [];
        foreach (var individual in known) memo.TryAdd(individual.Genome, individual.Evaluation);

        ImmutableArray<TGenome> unseen = [.. genomes.Where(genome => !memo.ContainsKey(genome)).Distinct()];
        var evaluations = await evaluator.EvaluateCheckedAsync(unseen, cancellationToken);
        foreach (var (genome, evaluation) in unseen.Zip(evaluations)) memo.Add(genome, evaluation);
        return ([.. genomes.Select(genome => new Individual<TGenome>(genome, memo[genome]))], unseen.Length);
    }
}
