using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Benchmarks;

/// <summary>
/// What it takes to make one walk out of the candidates of a round of CCEP, before it has seen an image: cut each, fold their batch normalisations, merge them and compile the merged network.
/// Medians of several, milliseconds a candidate.
/// </summary>
internal static class CompilationBenchmark
{
    private const int Repetitions = 40;

    private static readonly ImmutableArray<string> Parts = ["cut", "fold", "merge", "compile"];

    public static void Run()
    {
        using var thread = new ModelThread(jobs: Environment.ProcessorCount);
        foreach (string name in (string[])["resnet20", "resnet56"])
        {
            using var workload = EvaluationWorkload.Coevolution(name, thread, offspring: 5, scored: 32).WithOffspring(name, CandidateWalk.MostInARace);
            double[][] times = [.. Enumerable.Range(0, Repetitions + 1).Select(_ => thread.RunAsync(() => Measure(workload)).GetAwaiter().GetResult()).Skip(1)];
            double[] medians = [.. Parts.Select((_, part) => Ratio.Median(times.Select(time => time[part])) / workload.Genomes.Length)];
            string parts = string.Join(", ", Parts.Zip(medians, (part, median) => string.Create(CultureInfo.InvariantCulture, $"{part} {median:F2}")));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}, {workload.Genomes.Length} candidates of a round of CCEP in one walk, ms a candidate: {parts}; in all {medians.Sum():F2}"));
        }
    }

    private static double[] Measure(EvaluationWorkload workload)
    {
        var options = new ProgramOptions { Mode = ExecutionMode.Evaluation, Precision = Trainer.FastestPrecision(Device.Cpu) };
        var cut = Timed(() => workload.Genomes.Select(genome => Pruner.Apply(workload.Space.Units, workload.Space.ToPlan(genome))).ToImmutableArray());
        var folded = Timed(() => BatchNormFolding.Apply(cut.Result));
        var merged = Timed(() => MergedNetwork.Of(folded.Result, options));
        var program = Timed(() => NetworkProgram.Compile(merged.Result.Network, options));
        program.Result.Dispose();
        return [cut.Milliseconds, folded.Milliseconds, merged.Milliseconds, program.Milliseconds];
    }

    private static (T Result, double Milliseconds) Timed<T>(Func<T> work)
    {
        long start = Stopwatch.GetTimestamp();
        var result = work();
        return (result, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }
}
