using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Pruning.Racing;
using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;
using Coppice.Search.Racing;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Benchmarks;

/// <summary>
/// One round of CCEP on a trained network, as in the paper (five individuals and five offspring a species, loss of the network as it is cut): the search is run once with scores on all images in
/// fp32, and every generation of it is shown to each way of scoring in turn. So all score the same candidates, and whether they let the same ones survive can be counted.
/// </summary>
internal sealed class CoevolutionBenchmark
{
    private static readonly RaceOptions Strict = new() { AuditEvery = 0 }, Loose = new() { ErrorProbability = 0.05, FirstLook = 32, AuditEvery = 0 };

    /// <summary>What a search scores in.</summary>
    private static readonly Precision Fastest = Trainer.FastestPrecision(Device.Cpu);
    private static readonly string Fast = Fastest == Precision.BFloat16 ? "bf16" : "fp32";

    private readonly EvaluationWorkload _workload;
    private readonly EvaluationPeer _peer;
    private readonly Dictionary<string, (double Milliseconds, int Candidates)> _times = [];
    private readonly Dictionary<string, List<double>> _speeds = [];
    private readonly Way[] _ways;
    private readonly PruningFitness _exhaustive;
    private int _contests;
    private int _entrants;

    private CoevolutionBenchmark(EvaluationWorkload workload, EvaluationPeer peer)
    {
        (_workload, _peer) = (workload, peer);
        _exhaustive = new(workload.Space, workload.Problem);
        Way[] inFast = Fastest == Precision.Float32 ? [] : [new("all images bf16", New(Fastest, race: null)), new("raced bf16", New(Fastest, Strict))];
        _ways = [new("raced fp32", New(Precision.Float32, Strict)), .. inFast, new("raced loosely", New(Fastest, Loose))];
    }

    /// <summary>Runs the round.</summary>
    /// <param name="name">What ratios are called after.</param>
    /// <param name="workload">Network and images.</param>
    /// <param name="peer">python3-torch.</param>
    /// <param name="generations">G.</param>
    public static void Run(string name, EvaluationWorkload workload, EvaluationPeer peer, int generations)
    {
        var benchmark = new CoevolutionBenchmark(workload, peer);
        var recorder = new RecordingEvaluator(benchmark._exhaustive);
        var search = new CooperativeCoevolution(new() { Seed = 1, PopulationSize = 5, Generations = generations, MutationRate = 0.1, MinKeptRatio = 0.9, InitialKeepProbability = 0.95 }, workload.Space.Sizes, recorder);
        var state = benchmark.Step(recorder, () => search.InitializeAsync(CancellationToken.None));
        while (!search.IsComplete(state))
        {
            var before = state;
            state = benchmark.Step(recorder, () => search.StepAsync(before, CancellationToken.None));
        }

        benchmark.Print(name, [.. state.Species.Select(species => Joined(state, species))]);
    }

    private static BitGenome Joined(CoevolutionState state, Species species) =>
        BitGenome.AllOnes([.. state.Species.Select(other => other.Full.Genome.Length)]).Replace(species.Index, CooperativeCoevolution.Winner(species).Genome);

    private PruningFitness New(Precision precision, RaceOptions? race) => new(_workload.Space, _workload.Problem with { Precision = precision, Race = race });

    /// <summary>A generation: by the search itself on all images in fp32, then by every other way.</summary>
    private T Step<T>(RecordingEvaluator recorder, Func<Task<T>> step)
    {
        int before = (int)_exhaustive.Evaluated;
        long start = Stopwatch.GetTimestamp();
        var result = step().GetAwaiter().GetResult();
        int candidates = (int)_exhaustive.Evaluated - before;
        Note("all images fp32", Stopwatch.GetElapsedTime(start).TotalMilliseconds, candidates);

        var contests = recorder.Generations[^1];
        var truth = recorder.RaceAsync(contests, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        recorder.Generations.RemoveAt(recorder.Generations.Count - 1);
        _contests += contests.Length;
        _entrants += contests.Sum(contest => contest.Entrants.Length);
        foreach (var way in _ways)
        {
            start = Stopwatch.GetTimestamp();
            var found = way.Evaluator.RaceAsync(contests, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            Note(way.Name, Stopwatch.GetElapsedTime(start).TotalMilliseconds, candidates);
            foreach (var contest in contests)
            {
                var (raced, exact) = (Survivors(contest, found), Survivors(contest, truth));
                way.Agreed += raced.SetEquals(exact) ? 1 : 0;
                way.AgreedEntrants += contest.Entrants.Count(genome => raced.Contains(genome) == exact.Contains(genome));
            }
        }

        BitGenome[] newcomers = [.. contests.SelectMany(contest => contest.Entrants).Distinct().TakeLast(candidates)];
        BitGenome[] sample = [.. EvaluationBenchmark.SampleOf(newcomers.Length).Select(position => newcomers[position])];
        foreach (string layout in (string[])["nchw", "cl"])
        {
            Note($"python3-torch fp32 {layout}", _peer.Score(layout, sample).Milliseconds, sample.Length);
        }

        start = Stopwatch.GetTimestamp();
        EvaluationBenchmark.Naive(_workload, sample);
        Note("naive twin fp32", Stopwatch.GetElapsedTime(start).TotalMilliseconds, sample.Length);
        return result;
    }

    private static HashSet<BitGenome> Survivors(Contest<BitGenome> contest, IReadOnlyDictionary<BitGenome, Evaluation> evaluations) =>
    [
        .. Survival.Best([.. contest.Entrants.Select(genome => new Individual<BitGenome>(genome, evaluations[genome]))], contest.Places, contest.Price)
            .Select(individual => individual.Genome),
    ];

    private void Note(string name, double milliseconds, int candidates)
    {
        var (sum, count) = _times.GetValueOrDefault(name);
        _times[name] = (sum + milliseconds, count + candidates);
        if (!_speeds.TryGetValue(name, out var speeds))
        {
            _speeds.Add(name, speeds = []);
        }

        speeds.Add(milliseconds / candidates);
    }

    private void Print(string name, BitGenome[] winners)
    {
        Console.WriteLine($"== {name}: {_workload.Name}, a round of CCEP, {_times["all images fp32"].Candidates} candidates, {_workload.Problem.Images!.Scored.Count} images, {_entrants} decisions in {_contests} contests of a species");
        foreach (var (way, speeds) in _speeds)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{way,-34} {Each(way),8:F1} ms a candidate  range of generations {speeds.Min():F1}..{speeds.Max():F1}  {1000 / Each(way),7:F1} candidates/s"));
        }

        foreach (var way in _ways)
        {
            string images = way.Fitness.RaceTally is { Candidates: > 0 } race ? string.Create(CultureInfo.InvariantCulture, $", on {100.0 * race.ImagesSeen / race.ImagesInFull:F1} % of the images, first-order predictions explaining {100 * way.Fitness.ExplainedByPrediction:F1} % of the differences") : "";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{way.Name}: {way.AgreedEntrants} of {_entrants} decisions whether a candidate survives ({100.0 * way.AgreedEntrants / _entrants:F1} %) as by all images in fp32, {way.Agreed} of {_contests} species ({100.0 * way.Agreed / _contests:F1} %) with the same survivors{images}"));
        }

        // A search measures the winners on all images, in its precision, before a round ends.
        double single = Completed("raced fp32", winners), fast = Fastest == Precision.Float32 ? single : Completed("raced bf16", winners), loose = Completed("raced loosely", winners);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the winners measured on all images where races have not, ms a candidate of the round: raced fp32 {single:F1}, raced {Fast} {fast:F1}, loosely {loose:F1}; counted with each"));

        // The winners once more in fp32, which tells what bf16 has made of each. They are known to the exhaustive search, so this one starts anew.
        double again = double.NaN;
        if (Fastest != Precision.Float32)
        {
            again = Complete(new(_workload.Space, _workload.Problem), winners) / _times["all images fp32"].Candidates;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the {winners.Length} winners scored again in fp32 on all images: {again:F1} ms a candidate of the round, counted with bf16-all-images, bf16 and raced-winners-in-fp32"));
        }

        Ratio.Print($"{name}-naive-walk", Each("naive twin fp32") / Each("all images fp32"), 1);
        double best = Math.Min(Each("python3-torch fp32 nchw"), Each("python3-torch fp32 cl"));
        Console.WriteLine($"against python3-torch {_peer.Version}, its best layout; raced in {Fast}:");
        Ratio.Print($"{name}-fp32-all-images", best / Each("all images fp32"), 6);
        Ratio.Print($"{name}-bf16-all-images", best / (Each("all images bf16") + again), 12);
        Ratio.Print($"{name}-fp32", best / (Each("raced fp32") + single), 6);
        Ratio.Print($"{name}-bf16", best / (Each("raced bf16") + again), 12);
        Ratio.Print($"{name}-raced-strictly", best / (Each($"raced {Fast}") + fast), 30);
        Ratio.Print($"{name}-raced", best / (Each("raced loosely") + loose), 30);
        Ratio.Print($"{name}-raced-winners-in-fp32", best / (Each("raced loosely") + again), 30);
    }

    /// <summary>Milliseconds, for each candidate of the round, that it takes to measure its winners on the images that a way of racing has not seen of them.</summary>
    private double Completed(string way, BitGenome[] winners) => Complete(_ways.Single(one => one.Name == way).Fitness, winners) / _times["all images fp32"].Candidates;

    /// <summary>Milliseconds that it takes to measure candidates on the images that an evaluator has not seen of them.</summary>
    private static double Complete(PruningFitness fitness, BitGenome[] winners)
    {
        long start = Stopwatch.GetTimestamp();
        fitness.EvaluateAsync([.. winners.Distinct()], CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>Milliseconds a candidate; NaN of what this CPU cannot stand for.</summary>
    private double Each(string name) => _times.TryGetValue(name, out var time) ? time.Milliseconds / time.Candidates : double.NaN;

    private sealed record Way(string Name, PruningFitness Fitness)
    {
        /// <summary>With the memo that every search has.</summary>
        public CandidateScorer Evaluator { get; } = new(Fitness);

        public int Agreed { get; set; }

        public int AgreedEntrants { get; set; }
    }
}
