using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Onnx;
using Coppice.Search;
using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Runs;

/// <summary>
/// Times several networks in ONNX Runtime side by side: short blocks in turn (A B C A B C …), so that a machine that slows down for a while slows all of them.
/// One image at a time, nothing else running in this process.
/// </summary>
public static class LatencyComparison
{
    private const int Blocks = 10;
    private const int WarmUp = 5;

    /// <summary>Measures.</summary>
    /// <param name="networks">The networks; inputs are random images of the declared shape.</param>
    /// <param name="threads">Threads of the runtime.</param>
    /// <param name="repetitions">Timed runs of each network.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <returns>Milliseconds per run, one entry for each network.</returns>
    public static ImmutableArray<LatencyStatistics> Measure(
        ImmutableArray<Network> networks, int threads, int repetitions, CancellationToken cancellation)
    {
        var sessions = networks.Select(network => InferenceSession.Load(OnnxWriter.ToBytes(network), new() { Threads = threads })).ToArray();
        try
        {
            var inputs = networks.Select(RandomImage).ToArray();
            var durations = networks.Select(_ => new List<double>()).ToArray();
            for (int block = 0; block < Blocks; block++)
            {
                for (int i = 0; i < sessions.Length; i++)
                {
                    durations[i].AddRange(sessions[i].Measure(inputs[i], WarmUp, Math.Max(1, repetitions / Blocks), cancellation));
                }
            }

            return [.. durations.Select(LatencyStatistics.Of)];
        }
        finally
        {
            foreach (var session in sessions)
            {
                session.Dispose();
            }
        }
    }

    private static Dictionary<string, OnnxTensor> RandomImage(Network network) => network.Inputs.ToDictionary(
        input => input.Name,
        input =>
        {
            var shape = ShapeInference.InputShape(input);
            var rng = Rng.For(1, (ulong)shape.Length);
            float[] values = [.. Enumerable.Range(0, (int)shape.Length).Select(_ => (float)rng.NextGaussian())];
            return OnnxTensor.Create(values, shape.Extents.AsSpan());
        });
}
