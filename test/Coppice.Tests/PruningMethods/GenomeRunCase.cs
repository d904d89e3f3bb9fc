using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Search;
using Coppice.Search.Termination;

namespace Coppice.Tests.PruningMethods;

/// <summary>The search of a method on a genome, without networks: ResNet-20's channels are valued by a formula.</summary>
internal interface IGenomeRunCase
{
    /// <summary>Distinct genomes of generation 0, and how many individuals it has.</summary>
    Task<(int Distinct, int Individuals)> FoundersAsync(ulong seed);

    /// <summary>The last states of a run of six generations, and of one that another object goes on with after two.</summary>
    Task<(object Unbroken, object Resumed)> ResumeAsync(ulong seed);

    /// <summary>How much better the best is after some generations than in the first.</summary>
    Task<double> GainAsync(ulong seed, int generations);
}

/// <param name="Make">The algorithm for a seed and an evaluator of channels.</param>
internal sealed record GenomeRunCase<TState, TGenome>(Func<ulong, IFitnessEvaluator<BitGenome>, ISearchAlgorithm<TState, TGenome>> Make) : IGenomeRunCase
    where TState : ISearchState<TGenome>
    where TGenome : notnull
{
    public async Task<(int Distinct, int Individuals)> FoundersAsync(ulong seed)
    {
        var founders = (await Make(seed, new ChannelValues()).InitializeAsync([], CancellationToken.None)).Individuals;
        return (founders.Select(individual => individual.Genome).Distinct().Count(), founders.Length);
    }

    public async Task<(object Unbroken, object Resumed)> ResumeAsync(ulong seed)
    {
        var unbroken = await RunAsync(seed, 6);
        var first = await RunAsync(seed, 2);
        var resumed = await SearchLoop.Of(Make(seed, new ChannelValues()), new MaxGenerations(6)).ResumeAsync(first.Last, CancellationToken.None);
        return (unbroken.State, resumed.State);
    }

    public async Task<double> GainAsync(ulong seed, int generations) =>
        (await RunAsync(seed, generations)).Progress.BestFitness - (await RunAsync(seed, 0)).Progress.BestFitness;

    private Task<SearchResult<TState>> RunAsync(ulong seed, int generations) =>
        SearchLoop.Of(Make(seed, new ChannelValues()), new MaxGenerations(generations)).RunAsync(CancellationToken.None);
}

/// <summary>A channel that goes costs its number within the group, a group as a whole by how many go, squared: the best network is not the uniform one.</summary>
internal sealed class ChannelValues : IFitnessEvaluator<BitGenome>
{
    public static PruningSpace Space { get; } = PruningSpace.Create(ChannelUnits.Analyze(ModelCatalog.Build("resnet20")), GroupScope.Inner);

    public ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellationToken) =>
        ValueTask.FromResult<ImmutableArray<Evaluation>>([.. genomes.Select(Evaluate)]);

    private static CandidateEvaluation Evaluate(BitGenome genome)
    {
        double loss = genome.Segments.Select((segment, group) =>
        {
            double[] gone = [.. Enumerable.Range(0, segment.Length).Where(channel => !segment[channel]).Select(channel => (double)channel / segment.Length)];
            return (1 + (group % 3)) * (gone.Sum() + ((double)gone.Length * gone.Length / segment.Length)) / segment.Length;
        }).Sum();
        return new(new(Images: 100, Correct: 50, LossSum: 100 * loss, SquaredLossSum: 100 * loss * loss), Space.CostOf(genome));
    }
}
