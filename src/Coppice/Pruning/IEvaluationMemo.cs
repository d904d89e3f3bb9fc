using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Training;

namespace Coppice.Pruning;

/// <summary>Remembers, beyond the present run, what candidates scored.</summary>
public interface IEvaluationMemo
{
    /// <summary>The scores of the candidates of one network on the same images under the same protocol.</summary>
    /// <param name="space">What genomes mean, and of which network.</param>
    /// <param name="problem">Images, protocol and arithmetic.</param>
    /// <param name="images">The images.</param>
    IEvaluationShelf Open(PruningSpace space, PruningProblem problem, FitnessImages images);
}

/// <summary>A part of a memo. All its candidates were scored in the same way.</summary>
public interface IEvaluationShelf
{
    /// <summary>What a candidate scored, or null where that is not known.</summary>
    ClassificationMetrics? Find(BitGenome genome);

    /// <summary>Remembers scores; all of them or, after a fault, none.</summary>
    void Add(ImmutableArray<(BitGenome Genome, ClassificationMetrics Metrics)> scores);

    /// <summary>What a candidate made of each image, as far as it was measured; NaN losses of others. Null where nothing is known.</summary>
    /// <param name="genome">The candidate.</param>
    /// <param name="images">How many images there are.</param>
    internal ImageScores? FindScores(BitGenome genome, int images);

    /// <summary>Remembers what candidates made of each image; all of them or, after a fault, none.</summary>
    internal void AddScores(ImmutableArray<(BitGenome Genome, ImageScores Scores)> scores);
}
