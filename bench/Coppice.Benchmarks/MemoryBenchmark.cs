using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Coppice.Pruning;
using Coppice.Pruning.Racing;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Benchmarks;

/// <summary>
/// Whether scoring stays within <c>--memory</c>: a generation of VGG-16 is scored within several limits, each in a process of its own, which prints its largest resident set, libraries, network and
/// images included.
/// </summary>
internal static class MemoryBenchmark
{
    private const int Candidates = 48;
    private const int Images = 1024;

    /// <summary>Scored on all images; raced; scored on all images after least-squares repair, which takes some hundred MiB: limits in MiB of each.</summary>
    private static readonly ImmutableArray<(string Way, ImmutableArray<int> Limits)> Measurements = [("all", [1200, 2400, 4800]), ("raced", [1200, 2400, 4800]), ("repaired", [1800, 2400, 4800])];

    /// <summary>How candidates are scored.</summary>
    public static readonly ImmutableArray<string> Ways = [.. Measurements.Select(measurement => measurement.Way)];

    public static void Run()
    {
        foreach (var (way, limits) in Measurements)
        {
            foreach (int mebibytes in limits)
            {
                var start = new ProcessStartInfo(Environment.ProcessPath!, [Environment.GetCommandLineArgs()[0], "memory", $"{mebibytes}", way]);
                using var process = Process.Start(start)!;
                process.WaitForExit();
                if (process.ExitCode != 0)
                {
                    throw new InvalidOperationException($"The process that measured {mebibytes} MiB ended with {process.ExitCode}.");
                }
            }
        }
    }

    /// <summary>One measurement in this process.</summary>
    /// <param name="mebibytes">The limit.</param>
    /// <param name="way">One of <see cref="Ways"/>.</param>
    public static void RunOne(int mebibytes, string way)
    {
        bool races = way == "raced";
        using var thread = new ModelThread(jobs: Environment.ProcessorCount);
        using var workload = EvaluationWorkload.Generation("vgg16-cifar", thread, Candidates, Images, recalibrationBatches: 2);
        GC.Collect();
        long before = Status("VmRSS");
        using var memory = MemoryLimit.Open((long)mebibytes << 20);
        var problem = workload.In(Trainer.FastestPrecision(Device.Cpu)) with { MemoryBytes = memory.ForCandidates, Race = races ? new RaceOptions() : null, Repairs = way == "repaired" };
        long start = Stopwatch.GetTimestamp();
        var fitness = new PruningFitness(workload.Space, problem);
        if (races)
        {
            fitness.RaceAsync([new(workload.Genomes, Places: 8)], CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
        else
        {
            fitness.EvaluateAsync(workload.Genomes, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double peak = Status("VmHWM") / 1024.0;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"vgg16-cifar, {Candidates} candidates, {way}: limit {mebibytes} MiB ({problem.MemoryBytes >> 20} for candidates), before {before / 1024} MiB, peak {peak:F0} MiB (limit {(peak > mebibytes ? "passed" : "not reached")} by {Math.Abs(peak - mebibytes):F0}), {seconds:F1} s"));
    }

    /// <summary>A line of the kernel's account of this process, in KiB.</summary>
    private static long Status(string name)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith($"{name}:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(name.Length + 1, line.Length - name.Length - 4).Trim(), CultureInfo.InvariantCulture);
    }
}
