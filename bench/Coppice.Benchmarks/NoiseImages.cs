using Coppice.Graph;
using Coppice.Search;

namespace Coppice.Benchmarks;

/// <summary>Images of Gaussian noise for benchmarks, where what is seen does not matter.</summary>
internal static class NoiseImages
{
    /// <summary>Images for a network's input, [count, C, H, W].</summary>
    public static (float[] Values, long[] Shape) For(Network network, int count, ulong seed)
    {
        long[] shape = [count, .. network.Inputs[0].Dimensions.Skip(1).Select(dimension => dimension.Extent!.Value)];
        var rng = Rng.For(seed);
        return ([.. Enumerable.Range(0, (int)shape.Aggregate((product, extent) => product * extent)).Select(_ => (float)rng.NextGaussian())], shape);
    }
}
