using System.Diagnostics;
using System.Globalization;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Benchmarks;

/// <summary>
/// ResNet-20 on 32x32x3 in our engine and in python3-torch, in turn (A B A B …) within one run: training step of 128 images, evaluation of 256.
/// Ratios are of medians over all rounds; ranges are printed because machines here are noisy.
/// </summary>
internal static class EngineBenchmark
{
    private const int TrainingBatch = 128;
    private const int EvaluationBatch = 256;

    public static void Run(string peerScript, int rounds, int steps)
    {
        TorchRuntime.Initialize();
        using var peer = new TorchPeer(peerScript, TorchRuntime.Threads);
        Console.WriteLine($"libtorch {TorchRuntime.Version}, python3-torch {peer.Version}, {TorchRuntime.Threads} threads, bf16 {(TorchRuntime.SupportsBFloat16 ? "native" : "emulated")}");
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

        PrintRatios(name => Ratio.Median(durations[name]));
    }

    private static (string Name, Func<double[]> Measure)[] Contestants(Network network, TorchPeer peer, int steps) =>
    [
        ("torch train fp32 nchw", () => peer.Measure("train", "nchw", "fp32", steps)),
        ("torch train fp32 cl", () => peer.Measure("train", "cl", "fp32", steps)),
        ("coppice train fp32", Training(network, Precision.Float32, steps)),
        ("coppice train bf16", Training(network, Precision.BFloat16, steps)),
        ("torch evaluate fp32 nchw", () => peer.Measure("evaluate", "nchw", "fp32", steps)),
        ("torch evaluate fp32 cl", () => peer.Measure("evaluate", "cl", "fp32", steps)),
        ("coppice evaluate fp32", Evaluation(network, Precision.Float32, steps)),
        ("coppice evaluate bf16", Evaluation(network, Precision.BFloat16, steps)),
    ];

    private static void PrintRatios(Func<string, double> median)
    {
        double training = Math.Min(median("torch train fp32 nchw"), median("torch train fp32 cl"));
        double evaluation = Math.Min(median("torch evaluate fp32 nchw"), median("torch evaluate fp32 cl"));
        Console.WriteLine("against python3-torch's best fp32 layout:");
        Ratio.Print("train-resnet20-fp32", training / median("coppice train fp32"), 1.0);
        Ratio.Print("train-resnet20-bf16", training / median("coppice train bf16"), 1.5);
        Ratio.Print("evaluate-resnet20-fp32", evaluation / median("coppice evaluate fp32"), 1.5);
        Ratio.Print("evaluate-resnet20-bf16", evaluation / median("coppice evaluate bf16"), 2.5);
        Console.WriteLine("against its default layout:");
        Ratio.Print("evaluate-resnet20-fp32-nchw", median("torch evaluate fp32 nchw") / median("coppice evaluate fp32"), 1.5);
        Ratio.Print("evaluate-resnet20-bf16-nchw", median("torch evaluate fp32 nchw") / median("coppice evaluate bf16"), 2.5);
    }

    private static Func<double[]> Training(Network network, Precision precision, int steps)
    {
        var program = NetworkProgram.Compile(network, new() { Mode = ExecutionMode.Training, Precision = precision });
        var optimizer = new Sgd(program.Learned, new() { LearningRate = 0.01 });
        var images = Noise(TrainingBatch);
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

    private static Func<double[]> Evaluation(Network network, Precision precision, int steps)
    {
        var program = NetworkProgram.Compile(network, new() { Precision = precision });
        var images = Noise(EvaluationBatch);
        return () => Time(steps, () =>
        {
            using var scope = new TensorScope();
            program.Run(images);
        });
    }

    private static Tensor Noise(int count)
    {
        var rng = Rng.For(1);
        float[] values = [.. Enumerable.Range(0, count * 3 * 32 * 32).Select(_ => (float)rng.NextGaussian())];
        return Tensor.FromArray(values, count, 3, 32, 32);
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
