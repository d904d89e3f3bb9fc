using System.Collections.Immutable;
using System.Globalization;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Tensors;

namespace Coppice.Benchmarks;

/// <summary>How far the time of a cut network follows its MACs: forward passes of 256 images, whole and cut alike in every group, in turn; beside each the share of the values that are computed.</summary>
internal static class SlicedBenchmark
{
    private const int Batch = 256;
    private const int Repetitions = 9;

    private static readonly ImmutableArray<(string Name, GroupScope Scope, double Kept)> Cuts =
    [
        ("whole", GroupScope.Inner, 1), ("inner channels to 1/2", GroupScope.Inner, 0.5), ("inner channels to 1/4", GroupScope.Inner, 0.25),
        ("all channels to 3/4", GroupScope.All, 0.75), ("all channels to 1/2", GroupScope.All, 0.5), ("all channels to 13/16", GroupScope.All, 13.0 / 16),
    ];

    public static void Run()
    {
        foreach (string name in (string[])["resnet20", "resnet56", "vgg16-cifar"])
        {
            foreach (var precision in TorchRuntime.SupportsBFloat16 ? (Precision[])[Precision.Float32, Precision.BFloat16] : [Precision.Float32])
            {
                Measure(name, precision);
            }
        }
    }

    private static void Measure(string name, Precision precision)
    {
        using var scope = new TensorScope();
        var whole = ModelCatalog.Build(name, new() { Seed = 1 });
        Network[] networks = [.. Cuts.Select(cut => Cut(whole, cut.Scope, cut.Kept))];
        NetworkProgram[] programs = [.. networks.Select(network => NetworkProgram.Compile(network, new() { Precision = precision }))];
        var (values, shape) = NoiseImages.For(whole, Batch, seed: 1);
        var images = Tensor.FromArray(values, shape);
        double[][] times = Interleaved.Milliseconds([.. programs.Select(program => (Action)(() => program.Run(images)))], Repetitions);
        Array.ForEach(programs, program => program.Dispose());
        foreach (var (i, (cut, _, _)) in Cuts.Index())
        {
            double macs = Macs(networks[i]) / Macs(whole), computed = Values(networks[i]) / Values(whole), time = Ratio.Median(times[i]) / Ratio.Median(times[0]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-12} {precision,-8} {cut,-22} {macs,7:P1} of the MACs  {computed,7:P1} of the values  {time,7:P1} of the time  {Ratio.Median(times[i]),8:F1} ms"));
        }
    }

    private static Network Cut(Network network, GroupScope scope, double kept)
    {
        var units = ChannelUnits.Analyze(network);
        var groups = PruningSpace.Create(units, scope).Groups;
        return kept == 1 ? network : Pruner.Apply(units, new("cut", [.. groups.Select(group => new GroupPlan(group.Name, group.Size, [.. Enumerable.Range(0, Math.Max(1, (int)(group.Size * kept)))]))]));
    }

    private static double Macs(Network network) => CostModel.Create(ChannelUnits.Analyze(network)).Full.Macs;

    /// <summary>Elements of what convolutions write: what additions and activations pass over grows with it.</summary>
    private static double Values(Network network)
    {
        var shapes = ShapeInference.Infer(network);
        return network.Nodes.Where(node => node.OperatorType == "Conv").Sum(node => (double)shapes[node.Outputs[0]].Length);
    }
}
