using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Racing;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning.Racing;

/// <summary>
/// Measures candidates on as many images as it takes to tell who gets the places of their contests:
/// <code>
/// for n in 64, 96, 144, … all images, in the order of <see cref="PairedSampling"/>:
///     measure whoever is undecided on the images up to the n-th
///     undecided ← whoever may be among the best of a contest, and may not (<see cref="RaceRules"/>)
///     until nobody is
/// </code>
/// Images whose scores come with a candidate's statistics (<see cref="ScoringProtocol.OnePassImages"/>) are the first in that order; then looks are at them, and at 64, 96, 144, … more.
/// Those that have been in a population for long take part like newcomers: they are measured further where a newcomer comes close to them.
/// </summary>
/// <remarks>Not thread-safe; runs on the thread of its caller, the model's.</remarks>
/// <param name="options">The settings.</param>
/// <param name="problem">Images, protocol, memory.</param>
/// <param name="space">What genomes mean.</param>
/// <param name="walks">The candidates' networks.</param>
/// <param name="shelf">Where scores are remembered; null for nowhere.</param>
internal sealed class CandidateRace(RaceOptions options, PruningProblem problem, PruningSpace space, OpenWalks walks, IEvaluationShelf? shelf)
{
    /// <summary>Candidates measured on all images before the first race, to learn where candidates differ.</summary>
    private const int LeastKnown = 6;

    /// <summary>More than these teach little more.</summary>
    private const int MostKnown = 64;

    private const double Growth = 1.5;

    /// <summary>Images between looks are multiples of it, but for the last, and go through networks so many at a time: kernels are prepared for a number of images, and most members see few of them.</summary>
    private const int Step = 32;

    private const ulong Stream = 0x52414345;

    private readonly TensorBatches _images = problem.Images!.Scored;
    private readonly double _deviations = options.Deviations;
    private readonly Dictionary<BitGenome, RaceEntrant> _entrants = [];
    private readonly List<RaceEntrant> _known = [];
    private PairedSampling? _sampling;
    private ImageScores? _reference;
    private TaylorPrediction? _prediction;
    private int _contests;

    /// <summary>What races have saved so far.</summary>
    public RaceTally Tally { get; private set; } = RaceTally.None;

    /// <summary>Images that those who count as evaluated have not been measured on.</summary>
    public long UnseenImages => _entrants.Values.Where(entrant => entrant is { Failure: null, IsCounted: true }).Sum(entrant => (long)(_images.Count - entrant.Seen));

    /// <summary>Images that predictions took, a way back counting one: no weight has a gradient.</summary>
    public long PredictionImages { get; private set; }

    /// <summary>Share of the candidates' squared differences that predictions explain; 0 where there are none.</summary>
    public double Explained => _sampling?.Explained ?? 0;

    /// <summary>Told, after each look, how many of a race's newcomers are decided, and how many there are.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Told, after each look, of those who have been looked at.</summary>
    public Action<RaceEntrant>? Looked { get; init; }

    /// <summary>What is known of a candidate, if it has been measured in this search.</summary>
    public RaceEntrant? Find(BitGenome genome) => _entrants.GetValueOrDefault(genome);

    /// <summary>What an earlier run has measured on all images.</summary>
    public RaceEntrant? Recall(BitGenome genome) => shelf?.FindScores(genome, _images.Count) is { } scores && !scores.HasGaps ? Enter(genome, scores) : null;

    /// <summary>Takes in a candidate that has been measured on all images.</summary>
    public RaceEntrant Enter(BitGenome genome, ImageScores scores)
    {
        var entrant = new RaceEntrant(genome, scores) { Seen = scores.Count, Measured = scores.Count, IsCounted = true };
        _entrants.Add(genome, entrant);
        _known.Add(entrant);
        return entrant;
    }

    /// <summary>Measures candidates that have been measured in part on the images that are left.</summary>
    public void Complete(IEnumerable<RaceEntrant> entrants, CancellationToken cancellation)
    {
        ImmutableArray<RaceEntrant> open = [.. entrants.Where(entrant => !entrant.IsDone)];
        long left = open.Sum(entrant => (long)(_images.Count - entrant.Seen));
        try
        {
            Advance(open, _images.Count, cancellation);
            Tally += RaceTally.None with { ImagesSeen = left };
        }
        finally
        {
            walks.Close();
        }
    }

    /// <summary>Runs contests.</summary>
    /// <returns>The entrants, each once.</returns>
    public ImmutableArray<RaceEntrant> Run(ImmutableArray<Contest<BitGenome>> contests, CancellationToken cancellation)
    {
        ImmutableArray<RaceEntrant> entrants = [.. contests.SelectMany(contest => contest.Entrants).Distinct().Select(genome => Find(genome) ?? Newcomer(genome))];
        RaceEntrant[] newcomers = [.. entrants.Where(entrant => entrant.Seen == 0 && entrant.Failure is null)];
        long Seen() => entrants.Sum(entrant => (long)entrant.Seen);
        long before = Seen();
        try
        {
            Decide(contests, newcomers, entrants.Length, cancellation);
            long decided = Seen();
            var (audited, agreed) = Audit(contests, cancellation);
            long seen = Seen();
            Tally += new RaceTally(newcomers.Length, seen - before, (long)newcomers.Length * _images.Count, contests.Length, audited, agreed, seen - decided);
        }
        finally
        {
            walks.Close();
        }

        walks.Forget(_entrants.Values, entrants.ToHashSet());
        return entrants;
    }

    private void Decide(ImmutableArray<Contest<BitGenome>> contests, RaceEntrant[] newcomers, int entrants, CancellationToken cancellation)
    {
        LearnOrder(newcomers, cancellation);
        IReadOnlyCollection<RaceEntrant> undecided = newcomers;

        // All images settle whoever is shown them, but may open the case of another, new or old: so the last look is repeated.
        foreach (int look in Looks().Concat(Enumerable.Repeat(_images.Count, entrants)))
        {
            ImmutableArray<RaceEntrant> shown = [.. undecided.Where(entrant => entrant.Seen < look)];
            Advance(shown, look, cancellation);
            Tell(shown);
            undecided = Undecided(contests);
            Progress?.Invoke(newcomers.Length - newcomers.Count(undecided.Contains), newcomers.Length);
            if (undecided.Count == 0)
            {
                break;
            }
        }
    }

    private void Tell(IEnumerable<RaceEntrant> looked)
    {
        foreach (var entrant in looked)
        {
            Looked?.Invoke(entrant);
        }
    }

    /// <summary>Loss and accuracy of a candidate over all images. Where it has not seen all, the loss is estimated, and of the others the reference's answers stand in for its own.</summary>
    public ClassificationMetrics MetricsOf(RaceEntrant entrant)
    {
        if (entrant.IsDone)
        {
            return entrant.Scores.Total(_images);
        }

        var mixed = new ImageScores(_images.Count);
        foreach (var (position, image) in _sampling!.Order.Index())
        {
            var source = position < entrant.Seen ? entrant.Scores : _reference!;
            mixed.Set(image, source.Losses[image], source.IsCorrect(image));
        }

        return mixed.Total(_images) with { LossSum = MeanLoss(entrant).Value * _images.Count };
    }

    private RaceEntrant Newcomer(BitGenome genome)
    {
        var entrant = new RaceEntrant(genome, shelf?.FindScores(genome, _images.Count) ?? new(_images.Count));
        _entrants.Add(genome, entrant);
        return entrant;
    }

    /// <summary>
    /// Fits the order of images to what has been measured on all of them, the reference being the whole network or, where that has not been scored, the best. Once for a search: what has been
    /// seen in part must have been seen in this order.
    /// </summary>
    private void LearnOrder(RaceEntrant[] newcomers, CancellationToken cancellation)
    {
        if (_sampling is not null)
        {
            return;
        }

        // The whole network if it is there, and others from all over the batch, for neighbours are of one species.
        var full = BitGenome.AllOnes(space.Sizes.AsSpan());
        int count = Math.Min(newcomers.Length, Math.Max(0, LeastKnown - _known.Count(TellsDifferences)));
        RaceEntrant[] first =
        [
            .. newcomers.Where(entrant => entrant.Genome == full)
                .Concat(Enumerable.Range(0, count).Select(i => newcomers[((2 * i) + 1) * newcomers.Length / (2 * count)])).Distinct(),
        ];
        MeasureAll(first, cancellation);
        Tell(first);

        // In an order that does not depend on what was measured and what was found.
        var known = _known.Where(TellsDifferences).OrderBy(entrant => entrant.Genome.ContentHash).ToArray();
        if (known.Length == 0)
        {
            return;
        }

        var reference = Array.Find(known, entrant => entrant.Genome == full) ?? known.MinBy(entrant => entrant.Scores.Total(_images).Loss)!;
        _reference = reference.Scores;
        double[] losses = _reference.ToArray();
        walks.Close(); // whoever is compiled has seen all images, and predictions take memory too
        walks.Forget(_known, new HashSet<RaceEntrant>());
        Predict(reference.Genome == full, cancellation);
        _sampling = PairedSampling.Fit(
            losses,
            [.. losses.Select(loss => 1 - Math.Exp(-loss))],
            [.. known.Where(entrant => entrant != reference || known.Length == 1).Take(MostKnown).Select(entrant => (entrant.Scores.ToArray(), PredictionOf(entrant)))],
            Rng.For(problem.Seed, Stream),
            walks.OnePassImages);
        _prediction = _sampling.PredictionFactor == 0 ? null : _prediction;
    }

    /// <summary>A network that could not be measured, or has diverged, teaches nothing.</summary>
    private bool TellsDifferences(RaceEntrant entrant) => entrant.Failure is null && !entrant.Scores.HasGaps && double.IsFinite(entrant.Scores.Total(_images).Loss);

    /// <summary>Gradients of the whole network tell the differences of those who lose little; of no use where the whole network is not the reference.</summary>
    private void Predict(bool isReferenceWhole, CancellationToken cancellation)
    {
        try
        {
            _prediction = isReferenceWhole ? TaylorPrediction.TryMeasure(space, _images, problem, cancellation) : null;
        }
        catch (Exception fault) when (fault is CoppiceException or TorchException)
        {
            _prediction = null; // what cannot be trained can still be scored
        }

        PredictionImages += _prediction is null ? 0 : (long)TaylorPrediction.ForwardsPerImage * _images.Count;
    }

    private SampledMean MeanLoss(RaceEntrant entrant) =>
        entrant.MeanLoss(_sampling, () => _prediction is null ? [] : PredictionOf(entrant) ?? new double[_images.Count]);

    private double[]? PredictionOf(RaceEntrant entrant) => _prediction?.Of(entrant.Genome, _reference!.Losses);

    private void MeasureAll(RaceEntrant[] entrants, CancellationToken cancellation)
    {
        int[] all = [.. Enumerable.Range(0, _images.Count)];
        Measure([.. entrants.Where(entrant => entrant.Scores.HasGaps)], all, mayJoin: true, cancellation);
        foreach (var entrant in entrants)
        {
            entrant.Seen = entrant.Measured = _images.Count;
        }

        _known.AddRange(entrants);
    }

    private IEnumerable<int> Looks()
    {
        int given = walks.OnePassImages;
        if (given >= options.FirstLook)
        {
            yield return given;
        }

        for (int look = options.FirstLook; given + look < _images.Count; look = Math.Max(look + Step, (int)(look * Growth / Step) * Step))
        {
            yield return given + look;
        }

        yield return _images.Count;
    }

    /// <summary>Measures candidates on the images of the order up to one of them.</summary>
    private void Advance(ImmutableArray<RaceEntrant> entrants, int look, CancellationToken cancellation)
    {
        if (_sampling is not { } sampling)
        {
            MeasureAll([.. entrants], cancellation);
            return;
        }

        foreach (var entrant in entrants)
        {
            entrant.Measured = Math.Max(entrant.Measured, MeasuredPrefix(entrant, sampling));
        }

        // Who is behind catches up first, so that what is left is shown to all at once.
        int[] starts = [.. entrants.Select(entrant => entrant.Measured).Where(measured => measured < look).Distinct().Order()];
        foreach (var (start, end) in starts.Zip(starts.Skip(1).Append(look)))
        {
            Measure([.. entrants.Where(entrant => entrant.Measured <= start && entrant.Failure is null)], sampling.Order.AsSpan()[start..end].ToArray(), mayJoin: end == look, cancellation);
        }

        foreach (var entrant in entrants)
        {
            (entrant.Measured, entrant.Seen) = (Math.Max(entrant.Measured, look), look);
        }
    }

    /// <summary>How far in the order an earlier run has measured a candidate.</summary>
    private static int MeasuredPrefix(RaceEntrant entrant, PairedSampling sampling)
    {
        int prefix = entrant.Measured;
        while (prefix < sampling.Order.Length && !double.IsNaN(entrant.Scores.Losses[sampling.Order[prefix]]))
        {
            prefix++;
        }

        return prefix;
    }

    private void Measure(ImmutableArray<RaceEntrant> entrants, int[] positions, bool mayJoin, CancellationToken cancellation)
    {
        if (entrants.IsEmpty)
        {
            return;
        }

        int[] unseen = [.. positions.Where(position => position >= walks.OnePassImages)];
        walks.Visit(
            entrants,
            mayJoin ? unseen.Length : 0,
            (walk, members) =>
            {
                (int, ImageScores)[] scores = [.. members.Select(member => (member.Member, member.Entrant.Scores))];
                foreach (int[] chunk in unseen.Chunk(Step))
                {
                    using var batch = _images.Gather(chunk, members.Length);
                    walk.Measure(batch.Images, batch.Labels.AsSpan(), chunk, scores, cancellation);
                }

                shelf?.AddScores([.. members.Select(member => (member.Entrant.Genome, member.Entrant.Scores))]);
            },
            cancellation);
    }

    /// <summary>Who may get a place, and may not, in one of the contests.</summary>
    private HashSet<RaceEntrant> Undecided(ImmutableArray<Contest<BitGenome>> contests) =>
    [
        .. contests.SelectMany(contest =>
        {
            var entrants = contest.Entrants.Select(genome => _entrants[genome]).ToArray();
            return RaceRules.Undecided([.. entrants.Select(entrant => StandingOf(entrant, contest.Price))], contest.Places, _deviations).Select(position => entrants[position]);
        }).Where(entrant => !entrant.IsDone),
    ];

    private Standing StandingOf(RaceEntrant entrant, double price)
    {
        if (entrant.Failure is not null)
        {
            return Standing.Failed;
        }

        double cost = space.CostOf(entrant.Genome).Macs;
        var (loss, error) = MeanLoss(entrant);
        return !double.IsFinite(loss + error) ? Standing.Failed
            : double.IsPositiveInfinity(price) ? new(cost, loss, error) // the cost decides, and the loss among equals
            : new(0, loss + (price * cost), error);
    }

    /// <summary>Decides some contests by all images too.</summary>
    private (int Audited, int Agreed) Audit(ImmutableArray<Contest<BitGenome>> contests, CancellationToken cancellation)
    {
        int audited = 0, agreed = 0;
        foreach (var contest in contests)
        {
            if (options.AuditEvery == 0 || ++_contests % options.AuditEvery != 0)
            {
                continue;
            }

            var raced = Winners(contest);
            Advance([.. contest.Entrants.Select(genome => _entrants[genome]).Where(entrant => !entrant.IsDone)], _images.Count, cancellation);
            audited++;
            agreed += Winners(contest).SetEquals(raced) ? 1 : 0;
        }

        return (audited, agreed);
    }

    private HashSet<BitGenome> Winners(Contest<BitGenome> contest) =>
    [
        .. contest.Entrants.Select(genome => (Genome: genome, Standing: StandingOf(_entrants[genome], contest.Price))).OrderBy(entrant => entrant.Standing.Rank).ThenBy(entrant => entrant.Standing.Value)
            .Take(contest.Places).Select(entrant => entrant.Genome),
    ];
}
