using System.Collections.Immutable;
using Coppice.Search;

namespace Coppice.Tests.Search;

/// <summary>Evaluates by a function and remembers every batch that it was asked for.</summary>
internal sealed class FunctionEvaluator<TGenome>(Func<TGenome, Evaluation> evaluate) : IFitnessEvaluator<TGenome>
{
    public List<ImmutableArray<TGenome>> Batches { get; } = [];

    public IEnumerable<TGenome> Evaluated => Batches.SelectMany(batch => batch);

    public ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<TGenome> genomes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Batches.Add(genomes);
        return ValueTask.FromResult<ImmutableArray<Evaluation>>([.. genomes.Select(evaluate)]);
    }
}
