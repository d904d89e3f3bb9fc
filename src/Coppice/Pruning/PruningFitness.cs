using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Pruning.Reconstruction;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning;

/// <summary>
/// Scores pruned candidates: cut, repair where asked for, prepare, measure. In the standard protocol by their loss on the search split after adaptive batch-norm; the test split then has no way in here.
/// A candidate that cannot be measured is a failed result, not an exception.
/// </summary>
/// <param name="space">What genomes mean.</param>
/// <param name="problem">Images, protocol, arithmetic and the thread that runs networks.</param>
/// <exception cref="CoppiceException">No data were given.</exception>
public sealed class PruningFitness(PruningSpace space, PruningProblem problem) : IFitnessEvaluator<BitGenome>
{
    private readonly FitnessImages _images = problem.Images ?? throw WithoutData();
    private readonly ModelThread _thread = problem.Thread ?? throw WithoutData();
    private readonly ProgramOptions _options = new()
    {
        Precision = problem.Precision,
        Device = problem.Device,
        ImagesPerSlice = BatchSlicing.ImagesPerSlice(BatchNormFolding.Apply(space.Units.Network), new() { Precision = problem.Precision, Device = problem.Device }) ?? int.MaxValue,
    };

    private CandidateWalk? _walk;
    private IEvaluationShelf? _shelf;
    private NetworkRepair? _repair;
    private (BitGenome Genome, CandidateEvaluation Evaluation, Network Network)? _bestTrained;

    /// <summary>Told after each candidate, with how many of the batch are done and how many there are.</summary>
    public IProgress<(int Done, int Total)>? Progress { get; init; }

    /// <summary>Told of each candidate that could be measured, on the thread that measured it.</summary>
    public Action<BitGenome, CandidateEvaluation>? Measured { get; init; }

    /// <summary>Candidates that were scored, those that could not be measured included.</summary>
    public long Evaluated { get; private set; }

    /// <summary>Images that one score sends through a network; one of a training counts three, for the way back costs as much as two ways forward.</summary>
    public long ForwardImages => Walk.ImagesPerCandidate
        + (problem.Scoring.Preparation == Preparation.Training ? (long)GateGradientPass.ForwardsPerImage * problem.Scoring.Epochs * problem.TrainImages : 0);

    private CandidateWalk Walk => _walk ??= new(problem, space.Units.Network, _options, _images);

    /// <summary>Images that the repair of all candidates has sent through the network in addition, once.</summary>
    public long RepairImages => _repair is { LayerCount: > 0 } ? _images.Recalibration.Count : 0;

    /// <inheritdoc/>
    public async ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellationToken)
    {
        var shelf = await ShelfAsync(cancellationToken);
        var known = genomes.Select(genome => shelf?.Find(genome) is { } metrics ? Scored(genome, metrics) : null).ToArray();
        ImmutableArray<BitGenome> unknown = [.. genomes.Where((_, i) => known[i] is null)];
        var measured = unknown.IsEmpty ? [] : await MeasureAsync(unknown, cancellationToken);

        int next = 0;
        return [.. known.Select(evaluation => evaluation ?? measured[next++])];
    }

    /// <summary>Where scores are remembered; not those of candidates that are trained, for their weights would be missing in the end.</summary>
    private async Task<IEvaluationShelf?> ShelfAsync(CancellationToken cancellation) => problem.Memo is null || problem.Scoring.Preparation == Preparation.Training
        ? null
        : _shelf ??= await _thread.RunAsync(() => problem.Memo.Open(space, problem, _images), cancellation);

    private async Task<ImmutableArray<Evaluation>> MeasureAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellation)
    {
        Walk.CheckMemory();
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
        int done = 0, told = 0;
        void Tell(int count)
        {
            if (count > told)
            {
                Progress?.Report((told = count, genomes.Length));
            }
        }

        foreach (var part in Walk.Divide(Enumerable.Range(0, genomes.Length), i => TryCut(genomes[i], cancellation)))
        {
            var metrics = TryMeasure(part, share => Tell(done + (int)(share * part.Length)), cancellation);
            _shelf?.Add([.. part.Zip(metrics, (member, measured) => (genomes[member.Candidate], measured))]);
            foreach (var ((i, _), measured) in part.Zip(metrics))
            {
                results[i] = Scored(genomes[i], measured);
            }

            done += metrics.Length;
        }

        for (int i = 0; i < results.Length; i++)
        {
            results[i] ??= Evaluate(genomes[i], cancellation);
            Tell(results.Count(result => result is not null));
        }

        return [.. results.OfType<Evaluation>()];
    }

    private Network? TryCut(BitGenome genome, CancellationToken cancellation)
    {
        try
        {
            return Cut(genome, cancellation);
        }
        catch (Exception fault) when (fault is CoppiceException or TorchException)
        {
            return null;
        }
    }

    private ImmutableArray<ClassificationMetrics> TryMeasure(ImmutableArray<(int Candidate, Network Network)> part, Action<double> passed, CancellationToken cancellation)
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
            var prepared = Prepare(Cut(genome, cancellation), cancellation);
            var metrics = Classifier.Evaluate(prepared, _images.Scored, _options, cancellation);
            _shelf?.Add([(genome, metrics)]);
            var evaluation = Scored(genome, metrics);
            Remember(genome, evaluation, prepared);
            return evaluation;
        }
        catch (Exception fault) when (fault is CoppiceException or TorchException)
        {
            Evaluated++;
            return Evaluation.Failed(fault.Message);
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
    public Task<Network> CutAsync(BitGenome genome, CancellationToken cancellation) => _thread.RunAsync(() => Cut(genome, cancellation), cancellation);

    private Network Cut(BitGenome genome, CancellationToken cancellation)
    {
        if (!problem.Repairs)
        {
            return Pruner.Apply(space.Units, space.ToPlan(genome));
        }

        _repair ??= NetworkRepair.Measure(space, _images.Recalibration, new() { Seed = problem.Seed }, problem.Device, cancellation);
        return _repair.Cut(genome);
    }

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

    private static CoppiceException WithoutData() =>
        new("Cannot search without data: candidates are scored on images; give --data, or use `coppice prune --method l1`.");
}
