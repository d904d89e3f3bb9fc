using System.Collections.Immutable;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Runs;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Benchmarks;

/// <summary>
/// Candidates of a generation: on a catalog network with random weights and random images, where what they score is of no interest and what the scoring takes is; or on a shipped network with
/// images of its search split.
/// </summary>
internal sealed class EvaluationWorkload : IDisposable
{
    private const int RecalibrationBatch = 128;

    private static readonly ModelThread Alone = new();

    private EvaluationWorkload(string name, PruningProblem problem, PruningSpace space, ImmutableArray<BitGenome> genomes) =>
        (Name, Problem, Space, Genomes) = (name, problem, space, genomes);

    public string Name { get; }

    public PruningProblem Problem { get; }

    public PruningSpace Space { get; }

    public ImmutableArray<BitGenome> Genomes { get; }

    /// <summary>Whether candidates are scored after adaptive batch normalisation.</summary>
    public bool Recalibrates => Problem.Scoring.Preparation == Preparation.AdaptiveBatchNorm;

    /// <summary>A round of CCEP: of each group some offspring, which lose a tenth of that group at most; scored as they are cut, as in the paper.</summary>
    public static EvaluationWorkload Coevolution(string network, ModelThread thread, int offspring, int scored) => Create(
        $"{network} ccep round", network, thread, scored, recalibrationBatches: 1, Preparation.None,
        (space, rng) => [.. Enumerable.Range(0, space.Groups.Length).SelectMany(position => Enumerable.Range(0, offspring).Select(_ => Offspring(space, position, rng)))]);

    /// <summary>A generation of plans over the whole network at half of its MACs, scored after adaptive batch normalisation.</summary>
    public static EvaluationWorkload Generation(string network, ModelThread thread, int plans, int scored, int recalibrationBatches) => Create(
        $"{network} generation", network, thread, scored, recalibrationBatches, Preparation.AdaptiveBatchNorm, (space, rng) =>
        [.. Plans(space, rng, plans)]);

    /// <summary>A shipped network and images of Fashion-MNIST, without candidates yet.</summary>
    /// <param name="file">The network.</param>
    /// <param name="thread">The thread that runs networks.</param>
    /// <param name="scored">Images of the search split for the score.</param>
    /// <param name="recalibrationBatches">Batches of training images for statistics; 0 for candidates that are scored as they are cut.</param>
    public static EvaluationWorkload Trained(string file, ModelThread thread, int scored, int recalibrationBatches)
    {
        var network = OnnxReader.Read(file);
        var metadata = ModelMetadata.Read(network);
        var (train, test) = DataSource.Parse(metadata.Data!).Load();
        var splits = DataSplits.Create(train, test, metadata.SearchImages!.Value, metadata.SplitSeed!.Value);
        var options = new FitnessOptions { SearchSamples = scored, RecalibrationBatches = Math.Max(1, recalibrationBatches), RecalibrationBatchSize = RecalibrationBatch };
        var images = thread.RunAsync(() => FitnessImages.Load(splits, metadata.Normalization!, options, Device.Cpu)).GetAwaiter().GetResult();
        var scoring = new ScoringProtocol { Preparation = recalibrationBatches == 0 ? Preparation.None : Preparation.AdaptiveBatchNorm };
        var problem = new PruningProblem { Network = network, Images = images, Thread = thread, Scoring = scoring };
        return new(Path.GetFileNameWithoutExtension(file), problem, problem.SpaceOf(network), []);
    }

    /// <summary>The same network and images to be scored, which are shared, and of which the first give the statistics, as many as images of their own did and as one batch.</summary>
    public EvaluationWorkload InOnePass()
    {
        var (scored, count) = (Problem.Images!.Scored, Problem.Images.Recalibration.Count);
        var statistics = Problem.Thread!.RunAsync(() => scored.Gather([.. Enumerable.Range(0, count)], networks: 0)).GetAwaiter().GetResult();
        return new(Name, Problem with { Images = FitnessImages.Of(TensorBatches.Of([statistics]), scored), Scoring = Problem.Scoring with { OnePassImages = count } }, Space, Genomes);
    }

    /// <summary>Plans over the whole network at half of its MACs.</summary>
    public EvaluationWorkload WithPlans(string name, int plans) => new(name, Problem, Space, [.. Plans(Space, Rng.For(1), plans)]);

    /// <summary>Offspring of a coevolution, as evenly from all groups as their number allows, in the order of the groups.</summary>
    public EvaluationWorkload WithOffspring(string name, int candidates)
    {
        var rng = Rng.For(1);
        return new(name, Problem, Space, [.. Enumerable.Range(0, candidates).Select(i => Offspring(Space, ((2 * i) + 1) * Space.Groups.Length / (2 * candidates), rng))]);
    }

    /// <summary>The same candidates on a thread with one job.</summary>
    public PruningProblem OneByOne(Precision precision) => In(precision) with { Thread = Alone };

    /// <summary>The same candidates in another arithmetic.</summary>
    public PruningProblem In(Precision precision) => Problem with { Precision = precision };

    public void Dispose() => Problem.Images!.Dispose();

    /// <summary>The whole network but for a tenth of a group at most.</summary>
    private static BitGenome Offspring(PruningSpace space, int position, Rng rng)
    {
        int size = space.Groups[position].Size;
        return BitGenome.AllOnes(space.Sizes.AsSpan()).Replace(position, BitString.FromIndices(size, rng.Sample(size, size - 1 - rng.Next(Math.Max(1, size / 10)))));
    }

    private static IEnumerable<BitGenome> Plans(PruningSpace space, Rng rng, int plans) => Enumerable.Range(0, plans).Select(_ => WidthPlanner.Random(space, space.Cost.Full.Macs / 2, rng))
        .Select(widths => new BitGenome([.. space.Sizes.Select((size, i) => BitString.FromIndices(size, rng.Sample(size, widths[i])))]));

    private static EvaluationWorkload Create(
        string name, string network, ModelThread thread, int scored, int recalibrationBatches, Preparation preparation, Func<PruningSpace, Rng, ImmutableArray<BitGenome>> draw)
    {
        var built = ModelCatalog.Build(network, new() { Seed = 1 });
        var images = thread.RunAsync(() => FitnessImages.Of(
            TensorBatches.Of([.. Enumerable.Range(0, recalibrationBatches).Select(i => Noise(built, RecalibrationBatch, i))]),
            TensorBatches.Of([.. Enumerable.Range(0, (scored + Classifier.BatchSize - 1) / Classifier.BatchSize).Select(i => Noise(built, Math.Min(Classifier.BatchSize, scored - (i * Classifier.BatchSize)), 1000 + i))]))).GetAwaiter().GetResult();
        var problem = new PruningProblem { Network = built, Images = images, Thread = thread, Scoring = new() { Preparation = preparation } };
        var space = problem.SpaceOf(built);
        return new(name, problem, space, draw(space, Rng.For(1)));
    }

    private static TensorBatch Noise(Network network, int count, int seed)
    {
        var (values, shape) = NoiseImages.For(network, count, (ulong)seed);
        return new(Tensor.FromArray(values, shape), [.. Enumerable.Range(0, count).Select(i => (long)(i % 10))]);
    }
}
