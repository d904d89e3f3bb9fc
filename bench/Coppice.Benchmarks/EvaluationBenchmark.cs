using System.Diagnostics;
using System.Globalization;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Benchmarks;

/// <summary>
/// What the scoring of a generation takes, per candidate: our naive twin (a network cut, compiled and run in full for each candidate, without prepared convolutions or slices), then each gain
/// of the engine added in turn, and with a peer script python3-torch as the published codes use it. All contestants in turn in one run, slow ones on a sample of the candidates; medians.
/// </summary>
internal static class EvaluationBenchmark
{
    /// <summary>Candidates that slow contestants score.</summary>
    private const int Sample = 3;

    /// <summary>The ladder of our own gains on three networks, and what the unpruned networks reach.</summary>
    public static void Run(int rounds)
    {
        using var thread = new ModelThread(jobs: Environment.ProcessorCount);
        EvaluationWorkload[] workloads =
        [
            EvaluationWorkload.Coevolution("resnet20", thread, offspring: 5, scored: 512),
            EvaluationWorkload.Generation("resnet20", thread, plans: 32, scored: 512, recalibrationBatches: 2),
            EvaluationWorkload.Coevolution("resnet56", thread, offspring: 5, scored: 512),
            EvaluationWorkload.Generation("resnet56", thread, plans: 16, scored: 256, recalibrationBatches: 2),
            EvaluationWorkload.Coevolution("vgg16-cifar", thread, offspring: 3, scored: 256),
            EvaluationWorkload.Generation("vgg16-cifar", thread, plans: 16, scored: 256, recalibrationBatches: 1),
        ];
        foreach (var workload in workloads)
        {
            Measure(workload, peer: null, rounds);
            workload.Dispose();
        }
    }

    /// <summary>Beside python3-torch, on the same weights, images and candidates: the shipped networks, images of their search split.</summary>
    /// <param name="script">The peer's script.</param>
    /// <param name="models">Folder of the shipped networks.</param>
    /// <param name="rounds">How often each contestant scores the generation.</param>
    /// <param name="generations">Generations of the round of CCEP.</param>
    /// <param name="only"><c>generation</c> or <c>ccep</c>; null for both.</param>
    public static void RunBesidePeers(string script, string models, int rounds, int generations, string? only)
    {
        using var thread = new ModelThread(jobs: Environment.ProcessorCount);
        if (only is null or "generation")
        {
            using var workload = EvaluationWorkload.Trained(Path.Combine(models, "fashion-mnist-resnet20.onnx"), thread, scored: 512, recalibrationBatches: 2);
            using var onePass = workload.InOnePass();
            foreach (var generation in (EvaluationWorkload[])[workload.WithPlans("generation-resnet20", plans: 32), onePass.WithPlans("generation-resnet20-one-pass", plans: 32)])
            {
                using var peer = new EvaluationPeer(script, TorchRuntime.Threads, generation);
                Measure(generation, peer, rounds);
            }
        }

        if (only is null or "ccep")
        {
            using var workload = EvaluationWorkload.Trained(Path.Combine(models, "fashion-mnist-resnet56.onnx"), thread, scored: 512, recalibrationBatches: 0);
            using var peer = new EvaluationPeer(script, TorchRuntime.Threads, workload);
            CoevolutionBenchmark.Run("ccep-resnet56", workload, peer, generations);
        }
    }

    /// <summary>Positions of the candidates that slow contestants score, from all over a generation.</summary>
    internal static int[] SampleOf(int candidates) => [.. Enumerable.Range(0, Sample).Select(i => (i * candidates / Sample) + (candidates / Sample / 2))];

    private static void Measure(EvaluationWorkload workload, EvaluationPeer? peer, int rounds)
    {
        int[] positions = SampleOf(workload.Genomes.Length);
        BitGenome[] sample = [.. positions.Select(position => workload.Genomes[position])];
        var losses = new Dictionary<string, double[]>();
        var contestants = Contestants(workload, peer, sample, losses);
        var durations = contestants.ToDictionary(contestant => contestant.Name, _ => new List<double>());
        for (int round = 0; round < rounds; round++)
        {
            foreach (var (name, score) in contestants)
            {
                durations[name].Add(score());
            }
        }

        Console.WriteLine($"== {workload.Name}: {workload.Genomes.Length} candidates, {workload.Problem.Images!.Scored.Count} images{(workload.Recalibrates ? $", {(workload.Problem.Scoring.OnePassImages > 0 ? "of them" : "and")} {workload.Problem.Images.Recalibration.Count} for statistics" : "")}");
        double first = Ratio.Median(durations[contestants[0].Name]);
        foreach (var (name, _) in contestants)
        {
            double median = Ratio.Median(durations[name]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-34} {median,8:F1} ms a candidate  range {durations[name].Min():F1}..{durations[name].Max():F1}  {1000 / median,6:F1} candidates/s  {first / median,5:F2} x the first"));
        }

        PrintAgreement(positions, losses);
        PrintRatios(workload, peer, name => Ratio.MedianOf(durations, name));
    }

    private static (string Name, Func<double> MillisecondsPerCandidate)[] Contestants(EvaluationWorkload workload, EvaluationPeer? peer, BitGenome[] sample, Dictionary<string, double[]> losses)
    {
        Func<double> Peer(string layout) => () =>
        {
            var (milliseconds, found) = peer!.Score(layout, sample);
            losses[$"peer {layout}"] = found;
            return milliseconds / sample.Length;
        };
        Func<double> Ours(string name, Func<BitGenome[], double[]> score, BitGenome[] genomes) => () =>
        {
            long start = Stopwatch.GetTimestamp();
            losses[name] = score(genomes);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds / genomes.Length;
        };
        BitGenome[] all = [.. workload.Genomes];
        return Ratio.Feasible(
        [
            .. peer is null ? Array.Empty<(string, Func<double>)>() : [("python3-torch fp32 nchw", Peer("nchw")), ("python3-torch fp32 channels_last", Peer("cl"))],
            ("naive twin fp32", Ours("naive", genomes => Naive(workload, genomes), sample)),
            ("+ prepared convolutions, slices", Ours("singly", genomes => Singly(workload, genomes), sample)),
            ("+ one walk for all", Ours("one job", genomes => Walk(workload.OneByOne(Precision.Float32), workload.Space, genomes), all)),
            ("+ walks side by side", Ours("walk", genomes => Walk(workload.Problem, workload.Space, genomes), all)),
            ("+ bf16, one walk for all", Ours("bf16 one job", genomes => Walk(workload.OneByOne(Precision.BFloat16), workload.Space, genomes), all)),
            ("+ bf16, walks side by side", Ours("bf16", genomes => Walk(workload.In(Precision.BFloat16), workload.Space, genomes), all)),
        ]);
    }

    /// <summary>Everything anew and in full for each candidate.</summary>
    internal static double[] Naive(EvaluationWorkload workload, BitGenome[] genomes) => workload.Problem.Thread!.RunAsync(() => genomes.Select(genome =>
    {
        var problem = workload.Problem;
        var network = Pruner.Apply(workload.Space.Units, workload.Space.ToPlan(genome));
        network = workload.Recalibrates ? BatchNormRecalibration.Apply(network, problem.Images!.Recalibration, problem.Precision, problem.Device, CancellationToken.None) : network;
        return Classifier.Evaluate(network, problem.Images!.Scored, new ProgramOptions { AllowsPreparedConvolutions = false, ImagesPerSlice = int.MaxValue }, CancellationToken.None).Loss;
    }).ToArray()).GetAwaiter().GetResult();

    private static double[] Singly(EvaluationWorkload workload, BitGenome[] genomes) =>
        Losses(new PruningFitness(workload.Space, workload.Problem).EvaluateSinglyAsync([.. genomes], CancellationToken.None).AsTask().GetAwaiter().GetResult());

    /// <summary>Losses of candidates that are scored as a search scores them without races.</summary>
    internal static double[] Walk(PruningProblem problem, PruningSpace space, BitGenome[] genomes) =>
        Losses(new PruningFitness(space, problem).EvaluateAsync([.. genomes], CancellationToken.None).AsTask().GetAwaiter().GetResult());

    private static double[] Losses(IEnumerable<Evaluation> scores) => [.. scores.Select(score => ((CandidateEvaluation)score).Metrics.Loss)];

    /// <summary>That all contestants have computed the same: largest differences of losses on the sample, and how arithmetic changes the ranks.</summary>
    private static void PrintAgreement(int[] positions, Dictionary<string, double[]> losses)
    {
        // Slow contestants have scored a sample only, the others all.
        double Largest(string name) => (losses[name].Length == positions.Length ? losses[name] : [.. positions.Select(position => losses[name][position])])
            .Zip(positions, (loss, position) => Math.Abs(loss - losses["walk"][position]) / Math.Abs(loss)).Max();
        foreach (string name in losses.Keys.Where(name => name is not ("walk" or "bf16" or "bf16 one job")))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"largest relative difference of losses, walk and {name}: {Largest(name):0.0e+00}"));
        }

        if (losses.TryGetValue("bf16", out double[]? rounded))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rank correlation of fp32 and bf16: {Ratio.RankCorrelation(losses["walk"], rounded):F4}"));
        }
    }

    private static void PrintRatios(EvaluationWorkload workload, EvaluationPeer? peer, Func<string, double> median)
    {
        string name = workload.Name.Replace(' ', '-');
        Ratio.Print($"{name}-walk-against-naive", median("naive twin fp32") / median("+ walks side by side"), 1.0);
        string rounding = TorchRuntime.SupportsBFloat16 ? "bf16, " : "";
        Ratio.Print($"{name}-side-by-side{(TorchRuntime.SupportsBFloat16 ? "-bf16" : "-fp32")}", median($"+ {rounding}one walk for all") / median($"+ {rounding}walks side by side"), 1.0);
        if (peer is null)
        {
            return;
        }

        double best = Math.Min(median("python3-torch fp32 nchw"), median("python3-torch fp32 channels_last"));
        Console.WriteLine($"against python3-torch {peer.Version}, its best layout:");
        Ratio.Print($"{name}-fp32", best / median("+ walks side by side"), 4);
        Ratio.Print($"{name}-bf16", best / median("+ bf16, walks side by side"), 4);
    }
}
