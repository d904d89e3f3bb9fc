using System.Collections.Immutable;
using System.Globalization;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Runs;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Benchmarks;

/// <summary>
/// Whether bf16 trains as well as fp32: the shipped network, cut to half of its MACs by L1, is fine-tuned with its teacher in both, from the same seeds, as `search` does it; after each epoch
/// loss and accuracy on the search split in fp32. Test images are not looked at. Lines of <c>bench/results/precision.csv</c>.
/// </summary>
internal static class PrecisionBenchmark
{
    private const int Epochs = 3;

    /// <param name="model">The shipped network.</param>
    /// <param name="seeds">How many seeds.</param>
    /// <param name="file">The results; written anew.</param>
    /// <exception cref="InvalidOperationException">This CPU only emulates bf16.</exception>
    public static void Run(string model, int seeds, string file)
    {
        if (!TorchRuntime.SupportsBFloat16)
        {
            throw new InvalidOperationException("precision: this CPU only emulates bf16, many times slower than fp32; run it where lscpu shows avx512_bf16 or amx_bf16");
        }

        using var thread = new ModelThread(jobs: Environment.ProcessorCount);
        var network = OnnxReader.Read(model);
        var metadata = ModelMetadata.Read(network);
        var source = DataSource.Parse(metadata.Data!);
        var (train, test) = source.Load();
        var splits = DataSplits.Create(train, test, metadata.SearchImages!.Value, metadata.SplitSeed!.Value);
        var small = PruningMethodTable.Find("l1", new()).RunAsync(new() { Network = network, Target = MacTarget.Parse("50%"), Scope = GroupScope.All }, CancellationToken.None).GetAwaiter().GetResult()[^1];

        // One precision at a time: see ModelThread.ForEach.
        Precision[] precisions = [Precision.Float32, Precision.BFloat16];
        ImmutableArray<Curve> runs = [.. precisions.SelectMany(precision => Enumerable.Range(1, seeds).Select(seed => new Curve(seed, precision)))];
        thread.RunAsync(() =>
        {
            using var search = TensorBatches.Load(splits.Search, metadata.Normalization!, Classifier.BatchSize, Device.Cpu);
            foreach (var pair in precisions.SelectMany(precision => runs.Where(run => run.Precision == precision).Chunk(thread.Jobs)))
            {
                thread.ForEach(pair, curve => Train(curve, small.Network, new(splits.Train, metadata.Normalization!) { Teacher = network }, source.Augmentation, search));
            }
        }).GetAwaiter().GetResult();
        Print(runs, file);
    }

    private static void Train(Curve curve, Network network, TrainingData data, Augmentation augmentation, TensorBatches search)
    {
        var options = new TrainingOptions { Epochs = Epochs, LearningRate = 0.02, Seed = (ulong)curve.Seed, Precision = curve.Precision, Augmentation = augmentation };
        new Trainer(options, data with { Hooks = [new Watcher(curve, search)] }).Train(network, curve, CancellationToken.None);
    }

    private static void Print(ImmutableArray<Curve> runs, string file)
    {
        File.Delete(file);
        foreach (var run in runs)
        {
            foreach (var (epoch, point) in run.Points.Index())
            {
                string line = string.Create(CultureInfo.InvariantCulture, $"{run.Precision},{run.Seed},{epoch + 1},{point.TrainingLoss:F4},{point.SearchLoss:F4},{point.SearchAccuracy:F4}");
                ResultFile.Add(file, "precision,seed,epoch,training_loss,search_loss,search_accuracy", line);
                Console.WriteLine($"precision, seed, epoch, training loss, search loss, search accuracy: {line}");
            }
        }

        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            double[] Losses(Precision precision) => [.. runs.Where(run => run.Precision == precision).Select(run => run.Points[epoch].SearchLoss)];
            double[] differences = [.. Losses(Precision.BFloat16).Zip(Losses(Precision.Float32), (brief, single) => brief - single)];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"epoch {epoch + 1}: search loss fp32 {Losses(Precision.Float32).Average():F4}, bf16 {Losses(Precision.BFloat16).Average():F4}, difference of seeds {differences.Average():+0.0000;-0.0000} ± {Ratio.Deviation(differences) / Math.Sqrt(differences.Length):F4} (standard error)"));
        }
    }

    /// <summary>A training and what it came to.</summary>
    private sealed record Curve(int Seed, Precision Precision) : IProgress<TrainingProgress>
    {
        private double _trainingLoss;

        public List<(double TrainingLoss, double SearchLoss, double SearchAccuracy)> Points { get; } = [];

        public void Report(TrainingProgress value) => _trainingLoss = value.Loss;

        public void Add(ClassificationMetrics search) => Points.Add((_trainingLoss, search.Loss, search.Accuracy));
    }

    private sealed class Watcher(Curve curve, TensorBatches search) : ITrainingHook
    {
        public string Settings => "measured after each epoch";

        public TrainingHookRun Begin(HookedTraining training) => new Run(curve, search, training);

        private sealed class Run(Curve curve, TensorBatches search, HookedTraining training) : TrainingHookRun
        {
            public override void AfterEpoch(int finished) => curve.Add(Classifier.Evaluate(training.Capture(), search, Precision.Float32, Device.Cpu, CancellationToken.None));
        }
    }
}
