using System.Diagnostics;
using Coppice.Tensors;

namespace Coppice.Benchmarks;

/// <summary>Contestants that are measured in turn, A B A B …, so that a machine's moods meet all of them.</summary>
internal static class Interleaved
{
    /// <summary>Milliseconds of each step of each contestant; a first round, in which kernels are prepared, is not counted.</summary>
    /// <param name="contestants">What is measured; tensors that a step makes are freed after it.</param>
    /// <param name="rounds">Turns that count.</param>
    /// <param name="steps">Steps of each contestant in a turn.</param>
    public static double[][] Milliseconds(IReadOnlyList<Action> contestants, int rounds, int steps = 1)
    {
        var durations = contestants.Select(_ => new List<double>()).ToArray();
        for (int round = 0; round <= rounds; round++)
        {
            foreach (var (i, step) in contestants.Index())
            {
                for (int repetition = 0; repetition < steps; repetition++)
                {
                    using var scope = new TensorScope();
                    long start = Stopwatch.GetTimestamp();
                    step();
                    if (round > 0)
                    {
                        durations[i].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                    }
                }
            }
        }

        return [.. durations.Select(values => values.ToArray())];
    }
}
