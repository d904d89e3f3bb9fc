using System.Globalization;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Onnx;
using Coppice.Tensors;
using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Benchmarks;

/// <summary>Forward passes of unpruned networks on batches of 256, as a share of what the machine's matrix products reach, and beside ONNX Runtime; in turn, medians.</summary>
internal static class ThroughputBenchmark
{
    private const int Batch = 256;
    private const int MatrixSize = 2048;

    public static void Run(int rounds, int steps)
    {
        TorchRuntime.Initialize();
        foreach (string name in (string[])["resnet20", "vgg16-cifar"])
        {
            var network = ModelCatalog.Build(name, new() { Seed = 1 });
            Measure(name, network, rounds, steps);
        }
    }

    private static void Measure(string name, Network network, int rounds, int steps)
    {
        using var scope = new TensorScope();
        using var single = NetworkProgram.Compile(network, new());
        using var brief = NetworkProgram.Compile(network, new() { Precision = Precision.BFloat16 });
        using var session = InferenceSession.Load(OnnxWriter.ToBytes(network), new() { Threads = TorchRuntime.Threads });
        var (values, shape) = NoiseImages.For(network, Batch, seed: 1);
        var images = Tensor.FromArray(values, shape);
        var feed = new Dictionary<string, OnnxTensor> { [network.Inputs[0].Name] = OnnxTensor.Create(values, shape) };
        double pass = 2.0 * Batch * CostModel.Create(ChannelUnits.Analyze(network)).Full.Macs / 1e9, product = 2.0 * MatrixSize * MatrixSize * MatrixSize / 1e9;

        var contestants = Ratio.Feasible<(double Work, Action Step)>(
        [
            ("peak fp32", (product, Product(DType.Float32))),
            ("peak bf16", (product, Product(DType.BFloat16))),
            ("onnxruntime", (pass, () => session.Run(feed, [network.Outputs[0].Name]))),
            ("coppice fp32", (pass, () => single.Run(images))),
            ("coppice bf16", (pass, () => brief.Run(images))),
        ]);
        double[][] durations = Interleaved.Milliseconds([.. contestants.Select(contestant => contestant.Measure.Step)], rounds, steps);
        var speeds = contestants.Zip(durations).ToDictionary(pair => pair.First.Name, pair => 1000 * pair.First.Measure.Work / Ratio.Median(pair.Second));
        Print(name, contestant => speeds.GetValueOrDefault(contestant, double.NaN));
    }

    private static Action Product(DType type)
    {
        var (a, b) = (Tensor.Full([MatrixSize, MatrixSize], 0.5, type), Tensor.Full([MatrixSize, MatrixSize], 0.25, type));
        return () => a.MatMul(b);
    }

    private static void Print(string name, Func<string, double> median)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"== {name}, batch {Batch}, GFLOP/s: peak fp32 {median("peak fp32"):F0}, bf16 {median("peak bf16"):F0}; ONNX Runtime {median("onnxruntime"):F0}, coppice fp32 {median("coppice fp32"):F0}, bf16 {median("coppice bf16"):F0}"));
        Ratio.Print($"{name}-bf16-share-of-peak", median("coppice bf16") / median("peak bf16"), 0.7);
        Ratio.Print($"{name}-fp32-against-onnxruntime", median("coppice fp32") / median("onnxruntime"), 1.0);
    }
}
