using System.Diagnostics;
using System.Globalization;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Benchmarks;

/// <summary>
/// ResNet-20 on 32x32x3 in our engine and in python3-torch, in turn (A B A B …) within one run: training step of 128 images, evaluation of 256; both also of the network
/// pruned to 13, 26 and 52 channels, evaluation also without prepared convolutions.
/// Ratios are of medians over all rounds; ranges are printed because machines here are noisy.
/// </summary>
internal static class EngineBenchmark
{
    private const int TrainingBatch = 128;
    private const int EvaluationBatch = 256;
    private const int Width = 16;
    private const int PrunedWidth = 13;

    public static void Run(string peerScript, int rounds, int steps)
    {
        TorchRuntime.Initialize();
        using var peer = new TorchPeer(peerScript, TorchRuntime.Threads);
        Console.WriteLine($"libtorch {TorchRuntime.Version}, python3-torch {peer.Version}, {TorchRuntime.Threads} threads, bf16 {(TorchRuntime.SupportsBFloat16 ? "native" : "emulated: not measured")}");
        var network = ModelCatalog.Build("resnet20", new() { Seed = 1 });
        var contestants = Contestants(network, peer, steps);
        var durations = contestants.ToDictionary(contestant => contestant.Name, _ => new List<double>());
        for (int round = 0; round <= rounds; round++)
        {
            foreach (var (name, measure) in contestants)
            {
                double[] measured = measure();
                if (round > 0)
                {
                    durations[name].AddRange(measured);
                }
            }
        }

        foreach (var (name, _) in contestants)
        {
            var values = durations[name];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-26} median {Ratio.Median(values),8:F1} ms  range {values.Min():F1}..{values.Max():F1}"));
        }

        PrintRatios(name => Ratio.MedianOf(durations, name));
    }

    private static (string Name, Func<double[]> Measure)[] Contestants(Network network, TorchPeer peer, int steps)
    {
        var pruned = Pruned(network);
        return Ratio.Feasible(
        [
            ("torch train fp32 nchw", () => peer.Measure("train", Width, "nchw", steps)),
            ("torch train fp32 cl", () => peer.Measure("train", Width, "cl", steps)),
            ("coppice train fp32", Training(network, Precision.Float32, steps)),
            ("coppice train bf16", Training(network, Precision.BFloat16, steps)),
            ("torch finetune fp32 nchw", () => peer.Measure("train", PrunedWidth, "nchw", steps)),
            ("torch finetune fp32 cl", () => peer.Measure("train", PrunedWidth, "cl", steps)),
            ("coppice finetune fp32", Training(pruned, Precision.Float32, steps)),
            ("coppice finetune bf16", Training(pruned, Precision.BFloat16, steps)),
            ("two at a time, bf16", SideBySide(pruned, Precision.BFloat16, steps)),
            ("torch evaluate fp32 nchw", () => peer.Measure("evaluate", Width, "nchw", steps)),
            ("torch evaluate fp32 cl", () => peer.Measure("evaluate", Width, "cl", steps)),
            ("coppice evaluate fp32", Evaluation(network, new() { Precision = Precision.Float32 }, steps)),
            ("coppice evaluate bf16", Evaluation(network, new() { Precision = Precision.BFloat16 }, steps)),
            ("unprepared evaluate fp32", Evaluation(network, new() { Precision = Precision.Float32, AllowsPreparedConvolutions = false }, steps)),
            ("unprepared evaluate bf16", Evaluation(network, new() { Precision = Precision.BFloat16, AllowsPreparedConvolutions = false }, steps)),
            ("torch pruned fp32 nchw", () => peer.Measure("evaluate", PrunedWidth, "nchw", steps)),
            ("torch pruned fp32 cl", () => peer.Measure("evaluate", PrunedWidth, "cl", steps)),
            ("coppice pruned fp32", Evaluation(pruned, new() { Precision = Precision.Float32 }, steps)),
            ("coppice pruned bf16", Evaluation(pruned, new() { Precision = Precision.BFloat16 }, steps)),
            ("two at a time, fp32", SideBySide(pruned, Precision.Float32, steps)),
        ]);
    }

    /// <summary>The first 13 of each 16 channels: widths 13, 26 and 52.</summary>
    private static Network Pruned(Network network)
    {
        var units = ChannelUnits.Analyze(network);
        var kept = units.PrunableGroups.Select(group => new GroupPlan(group.Name, group.Size, [.. Enumerable.Range(0, group.Size * PrunedWidth / Width)]));
        return Pruner.Apply(units, new("pruned", [.. kept]));
    }

    private static void PrintRatios(Func<string, double> median)
    {
        double Best(string task) => Math.Min(median($"torch {task} fp32 nchw"), median($"torch {task} fp32 cl"));
        Console.WriteLine("against python3-torch's best fp32 layout:");
        Ratio.Print("train-resnet20-fp32", Best("train") / median("coppice train fp32"), 1.0);
        Ratio.Print("train-resnet20-bf16", Best("train") / median("coppice train bf16"), 1.5);
        Ratio.Print("finetune-resnet20-pruned-fp32", Best("finetune") / median("coppice finetune fp32"), 2.5);
        Ratio.Print("finetune-resnet20-pruned-bf16", Best("finetune") / median("coppice finetune bf16"), 2.5);
        Ratio.Print("finetune-resnet20-pruned-bf16-two-at-a-time", Best("finetune") / median("two at a time, bf16"), 2.5);
        Ratio.Print("finetune-resnet20-pruned-fp32-two-at-a-time", Best("finetune") / median("two at a time, fp32"), 2.5);
        Ratio.Print("evaluate-resnet20-fp32", Best("evaluate") / median("coppice evaluate fp32"), 1.5);
        Ratio.Print("evaluate-resnet20-bf16", Best("evaluate") / median("coppice evaluate bf16"), 2.5);
        Ratio.Print("evaluate-resnet20-pruned-fp32", Best("pruned") / median("coppice pruned fp32"), 1.5);
        Ratio.Print("evaluate-resnet20-pruned-bf16", Best("pruned") / median("coppice pruned bf16"), 2.5);
        Console.WriteLine("against the unpruned network:");
        Ratio.Print("finetune-resnet20-pruned-against-unpruned-fp32", median("coppice train fp32") / median("coppice finetune fp32"), 1.0);
        Ratio.Print("finetune-resnet20-pruned-against-unpruned-bf16", median("coppice train bf16") / median("coppice finetune bf16"), 1.0);
        Console.WriteLine("against its default layout:");
        Ratio.Print("evaluate-resnet20-fp32-nchw", median("torch evaluate fp32 nchw") / median("coppice evaluate fp32"), 1.5);
        Ratio.Print("evaluate-resnet20-bf16-nchw", median("torch evaluate fp32 nchw") / median("coppice evaluate bf16"), 2.5);
        Console.WriteLine("against our own evaluation without prepared convolutions:");
        Ratio.Print("evaluate-resnet20-fp32-prepared", median("unprepared evaluate fp32") / median("coppice evaluate fp32"), 1.0);
        Ratio.Print("evaluate-resnet20-bf16-prepared", median("unprepared evaluate bf16") / median("coppice evaluate bf16"), 1.0);
    }

    /// <summary>Two trainings, each on half of the threads: milliseconds for a step of one of them, two steps being made at a time.</summary>
    private static Func<double[]> SideBySide(Network network, Precision precision, int steps)
    {
        var thread = new ModelThread(jobs: 2);
        Func<double[]>[] trainings = [Training(network, precision, steps), Training(network, precision, steps)];
        return () => thread.RunAsync(() =>
        {
            long start = Stopwatch.GetTimestamp();
            thread.ForEach(trainings, training => training());
            return new[] { Stopwatch.GetElapsedTime(start).TotalMilliseconds / (2 * steps) };
        }).GetAwaiter().GetResult();
    }

    private static Func<double[]> Training(Network network, Precision precision, int steps)
    {
        var program = NetworkProgram.Compile(network, new() { Mode = ExecutionMode.Training, Precision = precision });
        var optimizer = new Sgd(program.Learned, new() { LearningRate = 0.01 });
        var images = Noise(network, TrainingBatch);
        long[] labels = [.. Enumerable.Range(0, TrainingBatch).Select(i => (long)(i % 10))];
        return () => Time(steps, () =>
        {
            using var scope = new TensorScope();
            optimizer.ZeroGradients();
            var loss = program.Run(images).CrossEntropy(Tensor.FromArray(labels, TrainingBatch));
            loss.Backward();
            optimizer.Step(0.01);
            loss.Item();
        });
    }

    private static Func<double[]> Evaluation(Network network, ProgramOptions options, int steps)
    {
        var program = NetworkProgram.Compile(network, options);
        var images = Noise(network, EvaluationBatch);
        return () => Time(steps, () =>
        {
            using var scope = new TensorScope();
            program.Run(images);
        });
    }

    private static Tensor Noise(Network network, int count)
    {
        var (values, shape) = NoiseImages.For(network, count, seed: 1);
        return Tensor.FromArray(values, shape);
    }

    private static double[] Time(int steps, Action step)
    {
        var durations = new double[steps];
        for (int i = 0; i < steps; i++)
        {
            long start = Stopwatch.GetTimestamp();
            step();
            durations[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return durations;
    }
}
