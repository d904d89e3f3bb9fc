using System.Collections.Immutable;
using System.Globalization;
using Coppice.Pruning;
using Coppice.Tensors;
using Coppice.Training;
using MathNet.Numerics.LinearRegression;

namespace Coppice.Benchmarks;

/// <summary>
/// What scoring costs against what is asked for: a generation of 16 candidates on ever more images, and on 512 images ever more candidates; of a round of CCEP, whose candidates share prefixes,
/// and of plans over the whole network, which share the stem. Medians of interleaved repetitions, lines of <c>bench/results/cost.csv</c>.
/// </summary>
internal static class CostBenchmark
{
    private const int Candidates = 16;
    private const int Images = 512;
    private const int Repetitions = 5;

    private static readonly ImmutableArray<int> ImageCounts = [128, 256, 512, 1024, 2048], CandidateCounts = [1, 2, 4, 8, 16, 32, 64];

    /// <param name="model">The shipped network.</param>
    /// <param name="file">The results; written anew.</param>
    public static void Run(string model, string file)
    {
        using var thread = new ModelThread(jobs: Environment.ProcessorCount);
        File.Delete(file);
        foreach (string kind in (string[])["ccep", "generation"])
        {
            Print(kind, "images", Measure(kind, model, thread, [.. ImageCounts.Select(images => (images, Candidates))]), point => point.Images, file);
            Print(kind, "candidates", Measure(kind, model, thread, [.. CandidateCounts.Select(candidates => (Images, candidates))]), point => point.Candidates, file);
        }
    }

    private static ImmutableArray<Point> Measure(string kind, string model, ModelThread thread, ImmutableArray<(int Images, int Candidates)> sizes)
    {
        EvaluationWorkload[] workloads = [.. sizes.Select(size => Workload(kind, model, thread, size.Images, size.Candidates))];
        double[][] durations = Interleaved.Milliseconds(
            [.. workloads.Select(workload => (Action)(() => new PruningFitness(workload.Space, workload.In(Trainer.FastestPrecision(Device.Cpu))).EvaluateAsync(workload.Genomes, CancellationToken.None).AsTask().GetAwaiter().GetResult()))],
            Repetitions);
        Array.ForEach(workloads, workload => workload.Dispose());
        return [.. sizes.Select((size, i) => new Point(size.Images, size.Candidates, Ratio.Median(durations[i]), durations[i].Min(), durations[i].Max()))];
    }

    private static EvaluationWorkload Workload(string kind, string model, ModelThread thread, int images, int candidates)
    {
        var workload = EvaluationWorkload.Trained(model, thread, images, recalibrationBatches: kind == "ccep" ? 0 : 2);
        return kind == "ccep" ? workload.WithOffspring(kind, candidates) : workload.WithPlans(kind, candidates);
    }

    /// <summary>Prints the points and the exponent of growth, the slope of log time over log size by least squares: 1 is linear.</summary>
    private static void Print(string kind, string what, ImmutableArray<Point> points, Func<Point, int> size, string file)
    {
        foreach (var point in points)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind}, {size(point),5} {what,-10} {point.Milliseconds,9:F1} ms  range {point.Least:F1}..{point.Most:F1}  {point.Milliseconds / point.Candidates,8:F2} ms a candidate"));
            ResultFile.Add(file, "kind,against,images,candidates,milliseconds,least,most", string.Create(CultureInfo.InvariantCulture, $"{kind},{what},{point.Images},{point.Candidates},{point.Milliseconds:F2},{point.Least:F2},{point.Most:F2}"));
        }

        double slope = SimpleRegression.Fit([.. points.Select(point => Math.Log(size(point)))], [.. points.Select(point => Math.Log(point.Milliseconds))]).B;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind}: time grows with {what} to the power of {slope:F2}"));
    }

    private sealed record Point(int Images, int Candidates, double Milliseconds, double Least, double Most);
}
