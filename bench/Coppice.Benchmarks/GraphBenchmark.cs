using System.Diagnostics;
using System.Globalization;
using Coppice.Graph;
using Coppice.Graph.Channels;

namespace Coppice.Benchmarks;

/// <summary>Time in which the channels of large networks are traced and grouped: residual blocks in stages of ten, each with its own width, so that groups are many and of all sizes.</summary>
internal static class GraphBenchmark
{
    private const int NodesPerBlock = 7;

    public static void Run()
    {
        double[] milliseconds = [.. new[] { 1_000, 10_000, 100_000 }.Select(Measure)];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"units of 10,000 nodes: {milliseconds[1] / 1000:F3} s (goal 1)"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"time per node, 100,000 against 1,000 nodes: {milliseconds[2] / 100 / milliseconds[0]:F2} x"));
    }

    /// <summary>Median of seven in milliseconds, after one that is not counted.</summary>
    private static double Measure(int nodes)
    {
        var network = Residual(nodes / NodesPerBlock);
        ChannelUnits.Analyze(network);
        var times = new List<double>();
        int groups = 0;
        for (int i = 0; i < 7; i++)
        {
            var clock = Stopwatch.StartNew();
            groups = ChannelUnits.Analyze(network).Groups.Length;
            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        double median = times.Order().ElementAt(3);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{network.Nodes.Length,7:N0} nodes: {median,8:F1} ms, {groups:N0} groups"));
        return median;
    }

    private static Network Residual(int blocks)
    {
        var nodes = new List<Node>();
        var parameters = new OrderedDictionary<string, HostTensor>();
        string Conv(string name, string input, int from, int to)
        {
            parameters.Add($"{name}.weight", HostTensor.FromFloats(new(to, from, 1, 1), new float[to * from]));
            nodes.Add(new(name, "Conv", [input, $"{name}.weight"], [name], NodeAttributes.None));
            foreach (string part in (string[])["scale", "shift", "mean", "variance"])
            {
                parameters.Add($"{name}.bn.{part}", HostTensor.FromFloats(new(to), new float[to]));
            }

            nodes.Add(new($"{name}.bn", "BatchNormalization", [name, $"{name}.bn.scale", $"{name}.bn.shift", $"{name}.bn.mean", $"{name}.bn.variance"], [$"{name}.bn"], NodeAttributes.None));
            return $"{name}.bn";
        }

        string Plain(string name, string type, params string[] inputs)
        {
            nodes.Add(new(name, type, [.. inputs], [name], NodeAttributes.None));
            return name;
        }

        string value = Conv("stem", "x", 3, 16);
        for (int block = 0; block < blocks; block++)
        {
            value = block % 10 == 9 ? Conv($"b{block}.stage", value, 16, 16) : value;
            string inner = Plain($"b{block}.relu1", "Relu", Conv($"b{block}.conv1", value, 16, 8));
            value = Plain($"b{block}.relu2", "Relu", Plain($"b{block}.add", "Add", value, Conv($"b{block}.conv2", inner, 8, 16)));
        }

        return new("large", [new("x", ElementType.Float32, [Dimension.Batch, 3, 8, 8])], [new(value, ElementType.Float32, default)], [.. nodes], parameters);
    }
}
