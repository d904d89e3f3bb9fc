using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Pruning.Racing;
using Coppice.Search;
using Coppice.Search.Racing;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning;

/// <summary>
/// Scores pruned candidates: cut, repair where asked for, prepare, measure. In the standard protocol by their loss on the search split after adaptive batch-norm; the test split then has no way in here.
/// A candidate that cannot be measured is a failed result, not an exception. In a race (<see cref="CandidateRace"/>), where there can be one, candidates are measured as far as it takes to tell
/// who survives.
/// </summary>
/// <param name="space">What genomes mean.</param>
/// <param name="problem">Images, protocol, arithmetic and the thread that runs networks.</param>
/// <exception cref="CoppiceException">No data were given.</exception>
public sealed class PruningFitness(PruningSpace space, PruningProblem problem) : IRacingEvaluator<BitGenome>
{
    private readonly FitnessImages _images = problem.Images ?? throw WithoutData();
    private readonly ModelThread _thread = problem.Thread ?? throw WithoutData();
    private readonly ProgramOptions _options = OptionsOf(space, problem);
    private readonly CandidateCutter _cutter = new(space, problem, problem.Images!);

    private CandidateWalk? _walk;
    private IEvaluationShelf? _shelf;
    private CandidateRace? _race;
    private (BitGenome Genome, CandidateEvaluation Evaluation, Network Network)? _bestTrained;

    /// <summary>Told after each candidate, with how many of the batch are done and how many there are.</summary>
    public IProgress<(int Done, int Total)>? Progress { get; init; }

    /// <summary>Told of each candidate that could be measured, one after the other in their order, on a thread that measures; of one that races again after each look.</summary>
    public Action<BitGenome, CandidateEvaluation>? Measured { get; init; }

    /// <summary>Candidates that were scored, those that could not be measured included.</summary>
    public long Evaluated { get; private set; }

    /// <summary>Images that one score sends through a network; one of a training counts three, for the way back costs as much as two ways forward.</summary>
    public long ForwardImages => Walk.ImagesPerCandidate
        + (problem.Scoring.Preparation == Preparation.Training ? (long)GateGradientPass.ForwardsPerImage * problem.Scoring.Epochs * problem.TrainImages : 0);

    /// <summary>Whether candidates can race: their fitness is a mean loss, and an image's loss does not depend on the images beside it.</summary>
    public bool CanRace => problem.Race is { } race && _images.Scored.Count >= race.LeastImages(Walk.OnePassImages) && !problem.Scoring.ByAccuracy && _options.ImagesPerSlice < int.MaxValue && Walk.IsPossible;

    /// <inheritdoc cref="CandidateRace.Explained"/>
    internal double ExplainedByPrediction => _race?.Explained ?? 0;

    /// <summary>What races have saved.</summary>
    public RaceTally RaceTally => _race?.Tally ?? RaceTally.None;

    /// <summary>Images that predictions for races took, a way back counting one.</summary>
    internal long PredictionImages => _race?.PredictionImages ?? 0;

    /// <summary>
    /// Images that scores were spared by races, less those of predictions. Statistics that are estimated a second time, of a candidate that was forgotten between two races, do not
    /// count.
    /// </summary>
    public long SparedImages => (_race?.UnseenImages ?? 0) - PredictionImages;

    private CandidateWalk Walk => _walk ??= new(problem with { MemoryBytes = MemoryOfWalks }, space.Units.Network, _options, _images);

    private long MemoryOfWalks => problem.MemoryBytes - _cutter.Bytes;

    /// <summary>Images that the repair of all candidates has sent through the network in addition, once.</summary>
    public long RepairImages => _cutter.Images;

    /// <inheritdoc/>
    public async ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        await CompleteBegunAsync(genomes, cancellationToken);
        var known = genomes.Select(Known).ToArray();
        ImmutableArray<BitGenome> unknown = [.. genomes.Where((_, i) => known[i] is null)];
        var measured = unknown.IsEmpty ? [] : await MeasureAsync(unknown, cancellationToken);

        int next = 0;
        return [.. known.Select(evaluation => evaluation ?? measured[next++])];
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<BitGenome, Evaluation>> RaceAsync(ImmutableArray<Contest<BitGenome>> contests, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        if (_race is null)
        {
            return await this.EvaluateEntrantsAsync(contests, cancellationToken);
        }

        CheckMemory();
        return await _thread.RunAsync(() => Race(_race, contests, cancellationToken), cancellationToken);
    }

    /// <summary>Opens what is opened once for a search: where scores are remembered (not those of candidates that are trained, for their weights would be missing in the end), and the race.</summary>
    private async Task OpenAsync(CancellationToken cancellation)
    {
        if (problem.Memo is { } memo && _shelf is null && problem.Scoring.Preparation != Preparation.Training)
        {
            _shelf = await _thread.RunAsync(() => memo.Open(space, problem, _images), cancellation);
        }

        if (_race is null && CanRace)
        {
            var walks = new OpenWalks(Walk, space.Units.Network, MemoryOfWalks, (entrant, stop) => _cutter.Cut(entrant.Genome, stop));
            _race = new(problem.Race!, problem, space, walks, _shelf) { Progress = (done, total) => Progress?.Report((done, total)), Looked = Tell };
        }
    }

    private void CheckMemory()
    {
        _cutter.CheckMemory();
        Walk.CheckMemory(beside: _cutter.Bytes);
    }

    /// <summary>Who has been measured in part, in a race, is measured on what is left.</summary>
    private async Task CompleteBegunAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellation)
    {
        if (_race is { } race && genomes.Select(race.Find).OfType<RaceEntrant>().Where(entrant => !entrant.IsDone).Distinct().ToArray() is { Length: > 0 } begun)
        {
            await _thread.RunAsync(() => race.Complete(begun, cancellation), cancellation);
        }
    }

    /// <summary>A score that was found instead of measured, in this search or in an earlier one.</summary>
    private Evaluation? Known(BitGenome genome)
    {
        if (_race is null)
        {
            return _shelf?.Find(genome) is { } metrics ? Scored(genome, metrics) : null;
        }

        if (_race.Find(genome) is { } entrant)
        {
            return EvaluationOf(entrant);
        }

        return _race.Recall(genome) is { } recalled ? Scored(genome, recalled.Scores.Total(_images.Scored)) : null;
    }

    private Dictionary<BitGenome, Evaluation> Race(CandidateRace race, ImmutableArray<Contest<BitGenome>> contests, CancellationToken cancellation)
    {
        var entrants = race.Run(contests, cancellation);
        foreach (var entrant in entrants.Where(entrant => !entrant.IsCounted))
        {
            Tell(entrant);
        }

        return entrants.ToDictionary(entrant => entrant.Genome, EvaluationOf);
    }

    private Evaluation EvaluationOf(RaceEntrant entrant) => entrant.Failure is { } reason
        ? Evaluation.Failed(reason)
        : new CandidateEvaluation(_race!.MetricsOf(entrant), space.CostOf(entrant.Genome)) { ImagesSeen = entrant.Seen };

    /// <summary>Counts a candidate of a race when it is first looked at, and tells of it whenever more is known.</summary>
    private void Tell(RaceEntrant entrant)
    {
        Evaluated += entrant.IsCounted ? 0 : 1;
        entrant.IsCounted = true;
        if (EvaluationOf(entrant) is CandidateEvaluation evaluation)
        {
            Measured?.Invoke(entrant.Genome, evaluation);
        }
    }

    private async Task<ImmutableArray<Evaluation>> MeasureAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellation)
    {
        CheckMemory();
        return genomes.Length > 1 && Walk.IsPossible
            ? await _thread.RunAsync(() => EvaluateTogether(genomes, cancellation), cancellation)
            : await EvaluateSinglyAsync(genomes, cancellation);
    }

    /// <summary>One candidate after the other: what the walk of many is held against, and what remains where there can be none.</summary>
    internal async ValueTask<ImmutableArray<Evaluation>> EvaluateSinglyAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellationToken)
    {
        var results = ImmutableArray.CreateBuilder<Evaluation>(genomes.Length);
        foreach (var genome in genomes)
        {
            results.Add(await _thread.RunAsync(() => Evaluate(genome, cancellationToken), cancellationToken));
            Progress?.Report((results.Count, genomes.Length));
        }

        return results.ToImmutable();
    }

    /// <summary>Many candidates at once; what cannot be cut or run, and its companions, are then scored one by one, so that a failure is that of one candidate.</summary>
    private ImmutableArray<Evaluation> EvaluateTogether(ImmutableArray<BitGenome> genomes, CancellationToken cancellation)
    {
        var results = new Evaluation?[genomes.Length];
        var order = new OrderedParts(done => Progress?.Report((done, genomes.Length)));
        var size = Walk.SizeFor(genomes.Length);
        _cutter.TryMeasure(cancellation); // with all threads, before lanes share them
        _thread.ForEach(Walk.Divide(Enumerable.Range(0, genomes.Length), i => TryCut(genomes[i], cancellation), size).Index(), Measure, size.Lanes);

        void Measure((int Index, ImmutableArray<(int Candidate, Network Network)> Item) part)
        {
            var scores = TryMeasure(part.Item, share => order.Advance(part.Index, share * part.Item.Length), cancellation);
            order.Advance(part.Index, scores.Length);
            ImmutableArray<(int Candidate, BitGenome Genome, ImageScores Scores)> measured = [.. part.Item.Zip(scores, (member, score) => (member.Candidate, genomes[member.Candidate], score))];
            Shelve([.. measured.Select(member => (member.Genome, member.Scores))]);
            order.Complete(part.Index, () =>
            {
                foreach (var (candidate, genome, score) in measured)
                {
                    Enter(genome, score);
                    results[candidate] = Scored(genome, score.Total(_images.Scored));
                }
            });
        }

        foreach (int i in Enumerable.Range(0, results.Length).Where(i => results[i] is null))
        {
            results[i] = Evaluate(genomes[i], cancellation);
            order.Advance(~i, 1);
        }

        return [.. results.OfType<Evaluation>()];
    }

    private Network? TryCut(BitGenome genome, CancellationToken cancellation)
    {
        try
        {
            return _cutter.Cut(genome, cancellation);
        }
        catch (Exception fault) when (fault is CoppiceException or TorchException)
        {
            return null;
        }
    }

    private ImmutableArray<ImageScores> TryMeasure(ImmutableArray<(int Candidate, Network Network)> part, Action<double> passed, CancellationToken cancellation)
    {
        try
        {
            return Walk.Measure([.. part.Select(member => member.Network)], passed, cancellation);
        }
        catch (Exception fault) when (fault is CoppiceException or TorchException)
        {
            return [];
        }
    }

    /// <summary>Scores one candidate on the caller's thread.</summary>
    public Evaluation Evaluate(BitGenome genome, CancellationToken cancellation)
    {
        try
        {
            var (scores, prepared) = PrepareAndScore(_cutter.Cut(genome, cancellation), cancellation);
            Shelve([(genome, scores)]);
            Enter(genome, scores);
            var evaluation = Scored(genome, scores.Total(_images.Scored));
            Remember(genome, evaluation, prepared);
            return evaluation;
        }
        catch (Exception fault) when (fault is CoppiceException or TorchException)
        {
            Evaluated++;
            return Evaluation.Failed(fault.Message);
        }
    }

    private (ImageScores Scores, Network Prepared) PrepareAndScore(Network cut, CancellationToken cancellation)
    {
        if (Walk.OnePassImages > 0)
        {
            return (Walk.Measure([cut], _ => { }, cancellation)[0], cut);
        }

        var prepared = Prepare(cut, cancellation);
        return (Classifier.Score(prepared, _images.Scored, _options, cancellation), prepared);
    }

    /// <summary>Remembers for later runs what was measured on all images; from any thread.</summary>
    private void Shelve(ImmutableArray<(BitGenome Genome, ImageScores Scores)> measured)
    {
        if (_race is null)
        {
            _shelf?.Add([.. measured.Select(pair => (pair.Genome, pair.Scores.Total(_images.Scored)))]);
        }
        else
        {
            _shelf?.AddScores(measured);
        }
    }

    /// <summary>Lets races of this run know what was measured on all images.</summary>
    private void Enter(BitGenome genome, ImageScores scores)
    {
        if (_race is not null && _race.Find(genome) is null)
        {
            _race.Enter(genome, scores);
        }
    }

    private CandidateEvaluation Scored(BitGenome genome, ClassificationMetrics metrics)
    {
        var evaluation = new CandidateEvaluation(metrics, space.CostOf(genome), problem.Scoring.ByAccuracy ? metrics.Accuracy : -metrics.Loss);
        Evaluated++;
        Measured?.Invoke(genome, evaluation);
        return evaluation;
    }

    /// <summary>The network of a choice of channels, repaired where the problem asks for it.</summary>
    public Task<Network> CutAsync(BitGenome genome, CancellationToken cancellation) => _thread.RunAsync(
        () =>
        {
            _cutter.CheckMemory();
            return _cutter.Cut(genome, cancellation);
        },
        cancellation);

    /// <summary>The network of the best candidate as its training for the score has left it; null for any other candidate, and where candidates are not trained.</summary>
    public Network? TrainedNetworkOf(BitGenome genome) => _bestTrained is { } best && best.Genome == genome ? best.Network : null;

    private void Remember(BitGenome genome, CandidateEvaluation evaluation, Network prepared)
    {
        if (problem.Scoring.Preparation == Preparation.Training && (_bestTrained is not { } known || evaluation.IsBetterThan(known.Evaluation)))
        {
            _bestTrained = (genome, evaluation, prepared);
        }
    }

    private Network Prepare(Network candidate, CancellationToken cancellation) => problem.Scoring.Preparation switch
    {
        _ when problem.Scoring.EstimatesStatistics =>
            BatchNormRecalibration.Apply(candidate, _images.Recalibration, problem.Precision, problem.Device, cancellation, problem.Scoring.Momentum),
        Preparation.Training => problem.TrainCandidate is { } train
            ? train(candidate, problem.Scoring.Epochs, cancellation)
            : throw new InvalidOperationException("Candidates are to be trained before they are scored, but nothing is given that trains them."),
        _ => candidate,
    };

    private static ProgramOptions OptionsOf(PruningSpace space, PruningProblem problem)
    {
        var options = new ProgramOptions { Precision = problem.Precision, Device = problem.Device };
        return options with { ImagesPerSlice = BatchSlicing.ImagesPerSlice(BatchNormFolding.Apply(space.Units.Network), options) ?? int.MaxValue };
    }

    private static CoppiceException WithoutData() =>
        new("Cannot search without data: candidates are scored on images; give --data, or use `coppice prune --method l1`.");
}
