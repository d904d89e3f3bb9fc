using System.Collections.Immutable;
using System.Globalization;
using Coppice.Pruning;
using Coppice.Search;
using Coppice.Tensors;

namespace Coppice.Benchmarks;

/// <summary>
/// Where candidates' batch-norm statistics may come from: a pass of their own over training images, or the pass that scores them (<see cref="AdaptiveBatchNorm"/>). By how many images: how both rank
/// candidates, against a ranking by 16 batches of training images and all images of the search split, and the time that they take, interleaved.
/// </summary>
internal static class StatisticsBenchmark
{
    private const int Candidates = 24;
    private const int Scored = 1000;
    private const int Repetitions = 3;

    /// <param name="model">The shipped network.</param>
    public static void Run(string model)
    {
        using var thread = new ModelThread(jobs: Environment.ProcessorCount);
        using var reference = EvaluationWorkload.Trained(model, thread, scored: 5000, recalibrationBatches: 16);
        var plans = reference.WithPlans("plans at half of the MACs", Candidates);
        foreach (var (name, genomes) in ((string, ImmutableArray<BitGenome>)[])[(plans.Name, plans.Genomes), ("neighbours of one of them", Neighbours(plans))])
        {
            Compare(name, genomes, Losses(reference.Problem, genomes), model, thread);
        }
    }

    private static void Compare(string name, ImmutableArray<BitGenome> genomes, double[] expected, string model, ModelThread thread)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"== {genomes.Length} {name}: loss {expected.Average():F4}, standard deviation {Ratio.Deviation(expected):F4}"));
        foreach (int batches in (int[])[2, 4])
        {
            using var workload = EvaluationWorkload.Trained(model, thread, Scored, batches);
            double[][] losses = [[], []];
            double[][] milliseconds = Interleaved.Milliseconds(
                [
                    () => losses[0] = Losses(workload.Problem, genomes),
                    () => losses[1] = Losses(workload.Problem with { Scoring = workload.Problem.Scoring with { OnePassImages = workload.Problem.Images!.Recalibration.Count } }, genomes),
                ],
                Repetitions);
            foreach (var (position, form) in ((string[])["two passes", "one pass"]).Index())
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{form,-10} {128 * batches,5} images: loss {losses[position].Average():F4}, rank correlation {Ratio.RankCorrelation(expected, losses[position]):F4}, {Ratio.Median(milliseconds[position]) / genomes.Length:F1} ms a candidate"));
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"one-pass-of-{128 * batches}: {Ratio.Median(milliseconds[0]) / Ratio.Median(milliseconds[1]):F2} x"));
        }
    }

    /// <summary>A plan, and others that differ from it in which channels three groups keep, not in how many: they cost the same, and are harder to rank.</summary>
    private static ImmutableArray<BitGenome> Neighbours(EvaluationWorkload plans)
    {
        var rng = Rng.For(7);
        var first = plans.Genomes[0];
        BitGenome Redrawn(BitGenome genome)
        {
            int group = rng.Next(plans.Space.Groups.Length), size = plans.Space.Sizes[group];
            return genome.Replace(group, BitString.FromIndices(size, rng.Sample(size, first.Segments[group].Count)));
        }

        return [first, .. Enumerable.Range(1, Candidates - 1).Select(_ => Redrawn(Redrawn(Redrawn(first))))];
    }

    private static double[] Losses(PruningProblem problem, ImmutableArray<BitGenome> genomes) => EvaluationBenchmark.Walk(problem, problem.SpaceOf(problem.Network), [.. genomes]);
}
