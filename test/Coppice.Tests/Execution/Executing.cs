using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Execution;

/// <summary>What the tests of execution share.</summary>
internal static class Executing
{
    /// <summary>Normally distributed images for a network of one input.</summary>
    public static Tensor Images(Network network, int count = 2, long seed = 5) =>
        Noise.Normal(seed, [count, .. network.Inputs[0].Dimensions.Skip(1).Select(dimension => dimension.Extent!.Value)]);

    /// <summary>All outputs, each as row-major numbers.</summary>
    public static float[][] Run(Network network, Tensor images, ProgramOptions? options = null)
    {
        using var scope = new TensorScope();
        using var program = NetworkProgram.Compile(network, options ?? new());
        return [.. program.Run(new Dictionary<string, Tensor> { [network.Inputs[0].Name] = images }).Select(output => output.ToArray<float>())];
    }

    /// <summary>The same by <see cref="PlainInterpreter"/>.</summary>
    public static float[][] RunPlainly(Network network, Tensor images, bool batchStatistics = false)
    {
        using var scope = new TensorScope();
        var values = PlainInterpreter.Run(network, new Dictionary<string, Tensor> { [network.Inputs[0].Name] = images }, batchStatistics);
        return [.. network.Outputs.Select(output => values[output.Name].ToArray<float>())];
    }

    /// <summary>Asserts equal lengths and differences of at most the tolerance times the largest expected number.</summary>
    public static void AssertClose(float[][] expected, float[][] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (left, right) in expected.Zip(actual))
        {
            AssertClose(left, right, tolerance);
        }
    }

    public static void AssertClose(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = Math.Max(1e-3, expected.Max(Math.Abs));
        double worst = expected.Zip(actual).Max(pair => Math.Abs((double)pair.First - pair.Second));
        Assert.True(worst <= tolerance * largest, $"The outputs differ by {worst}, {worst / largest:E1} of the largest, {largest}; allowed are {tolerance:E1}.");
    }

    /// <summary>The network with single-precision parameters mapped; integer constants stay.</summary>
    public static Network Map(Network network, Func<string, float, float> map) => network.WithParameters(network.Parameters
        .Where(entry => entry.Value.Type == ElementType.Float32)
        .ToDictionary(entry => entry.Key, entry => HostTensor.FromFloats(entry.Value.Shape, [.. entry.Value.Floats().ToArray().Select(value => map(entry.Key, value))])));

    /// <summary>Weights of layers made small, so that deep drawn networks neither overflow nor saturate.</summary>
    public static Network Softened(Network network)
    {
        HashSet<string> weights = [.. network.Nodes.Where(node => node.OperatorType is "Conv" or "Gemm").Select(node => node.Inputs[1])];
        return Map(network, (name, value) => weights.Contains(name) ? value / 16 : value);
    }

    /// <summary>Batch-norm vectors as after a training rather than 1 and 0.</summary>
    public static Network WithTrainedStatistics(Network network, ulong seed = 3)
    {
        var rng = Rng.For(seed, 1);
        var replaced = new Dictionary<string, HostTensor>();
        foreach (var node in network.Nodes.Where(node => node.OperatorType == "BatchNormalization"))
        {
            for (int input = 1; input <= 4; input++)
            {
                var (low, high) = input is 1 or 4 ? (0.5, 1.5) : (-0.5, 0.5);
                var shape = network.Parameters[node.Inputs[input]].Shape;
                replaced[node.Inputs[input]] = HostTensor.FromFloats(shape, [.. Enumerable.Range(0, (int)shape.Length).Select(_ => (float)rng.NextDouble(low, high))]);
            }
        }

        return network.WithParameters(replaced);
    }
}
