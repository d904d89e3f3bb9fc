using System.Collections.Immutable;
using System.Numerics;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Training;

namespace Coppice.Pruning;

/// <summary>What a walk may hold.</summary>
/// <param name="Members">Most candidates.</param>
/// <param name="Bytes">Memory.</param>
/// <param name="Lanes">Walks at a time.</param>
internal readonly record struct WalkSize(int Members, long Bytes, int Lanes = 1);

/// <summary>
/// Scores the candidates of a generation in few walks over the images (<see cref="NetworkWalk"/>), in their order (those of one species come together, and share most) and as many at a time as
/// memory allows. The scores are to the last bit those of one candidate after the other.
/// </summary>
/// <param name="problem">Images, protocol and arithmetic.</param>
/// <param name="network">The network that candidates are cut from.</param>
/// <param name="options">How programs run.</param>
/// <param name="images">The images.</param>
internal sealed class CandidateWalk(PruningProblem problem, Network network, ProgramOptions options, FitnessImages images)
{
    /// <summary>More share little more (a walk over neighbours among a coevolution's candidates computes one prefix again), and what one stops is lost.</summary>
    private const int MostAtATime = 16;

    private const int WalksPerLane = 2;

    /// <summary>In a race few members are left after the first look, so that what a walk has in common weighs more.</summary>
    public const int MostInARace = 64;

    private readonly bool _recalibrates = Recalibrates(problem, network);

    private readonly long? _activations = ProgramMemory.ActivationBytes(network, ImagesAtATime(images, options, InOnePass(problem, network, images)), options.Precision, problem.InputShapes);

    private readonly long? _activationsOfScore = ProgramMemory.ActivationBytes(network, ScoredAtATime(images, options), options.Precision, problem.InputShapes);

    /// <summary>Images, the first of those scored, that a candidate is measured on as its statistics are estimated; 0 where statistics are not estimated, or from images of their own.</summary>
    public int OnePassImages { get; } = InOnePass(problem, network, images);

    /// <summary>Images that go through a candidate for its statistics alone.</summary>
    public int StatisticsImages => _recalibrates && OnePassImages == 0 ? images.Recalibration.Count : 0;

    /// <summary>Images that go through a candidate. Without batch normalisation there is nothing to estimate, and no image is looked at for it.</summary>
    public int ImagesPerCandidate => images.Scored.Count + StatisticsImages;

    /// <summary>Whether candidates are only cut, recalibrated and measured; what is trained for its score is a network of its own from the first layer on.</summary>
    public bool IsPossible => problem.Scoring.Preparation != Preparation.Training && MergedNetwork.CanHold(network);

    /// <summary>Walks at a time, each with its share of the memory: as many as the thread has jobs, and as memory allows; where shapes are not known nobody can say what several would take.</summary>
    public int Lanes => _activations is null ? 1 : (int)Math.Clamp(problem.MemoryBytes / BytesOfOne, 1, problem.Thread?.Jobs ?? 1);

    private long BytesOfOne => Math.Max(1, Activations(1) + ProgramMemory.ParameterBytes(network.Parameters.Values));

    /// <summary>Checks that one candidate at a time fits into the memory.</summary>
    /// <param name="beside">Bytes that are set aside for the repair of candidates.</param>
    /// <exception cref="CoppiceException">It does not.</exception>
    public void CheckMemory(long beside)
    {
        if (BytesOfOne > problem.MemoryBytes)
        {
            string repair = beside > 0 ? $" beside {MemoryLimit.MebibytesFor(beside)} MiB for their repair" : "", without = beside > 0 ? "score them as they are cut with --repair off, " : "";
            string smaller = OnePassImages > 0 ? "estimate statistics from smaller batches with --adaptive-bn two-pass, " : "";
            throw new CoppiceException(
                $"Cannot score candidates of '{network.Name}' within {Math.Max(0, problem.MemoryBytes) >> 20} MiB, which is what there is for them{repair}: one takes up to {MemoryLimit.MebibytesFor(BytesOfOne)} MiB with {ImagesAtATime(images, options, OnePassImages)} images at a time; give more with --memory, {without}{smaller}or use a machine that has it.");
        }
    }

    /// <summary>
    /// Size of the walks of a generation. With several lanes, of which none is without a candidate, there are some walks for each as far as there are candidates: a coevolution's come in the order
    /// of the layers that they change, so that walks differ in length.
    /// </summary>
    /// <param name="candidates">How many there are.</param>
    public WalkSize SizeFor(int candidates)
    {
        int lanes = Math.Clamp(candidates, 1, Lanes), step = lanes == 1 ? 1 : WalksPerLane * lanes, walks = RoundedUp(candidates, MostAtATime) / MostAtATime;
        return new(Math.Max(1, ((candidates - 1) / RoundedUp(walks, step)) + 1), problem.MemoryBytes / lanes, lanes);
    }

    /// <summary>Divides candidates into walks; neighbours stay together.</summary>
    /// <param name="candidates">Candidates; a search that is stopped has scored the first of them.</param>
    /// <param name="networkOf">The cut network of a candidate; called once for each, when its walk is filled; null leaves the candidate out.</param>
    /// <param name="size">What a walk may hold.</param>
    public IEnumerable<ImmutableArray<(T Candidate, Network Network)>> Divide<T>(IEnumerable<T> candidates, Func<T, Network?> networkOf, WalkSize size)
    {
        var walk = ImmutableArray.CreateBuilder<(T, Network)>();
        long bytes = 0;

        // Where shapes are not known nobody can say what several would take.
        int most = _activations is null ? 1 : size.Members;
        foreach (var candidate in candidates)
        {
            if (networkOf(candidate) is not { } cut)
            {
                continue;
            }

            long own = ProgramMemory.ParameterBytes(cut.Parameters.Values);
            if (walk.Count == most || (walk.Count > 0 && bytes + own + Activations(walk.Count + 1) > size.Bytes))
            {
                yield return walk.DrainToImmutable();
                bytes = 0;
            }

            walk.Add((candidate, cut));
            bytes += own;
            GarbageBound.Keep(size.Bytes);
        }

        if (walk.Count > 0)
        {
            yield return walk.DrainToImmutable();
        }
    }

    /// <summary>What each candidate, prepared as the protocol says, makes of each image; on the caller's thread.</summary>
    /// <param name="candidates">The cut networks.</param>
    /// <param name="passed">Told of the share of the work, in (0, 1], that is done.</param>
    /// <param name="cancellation">Stops between operators.</param>
    public ImmutableArray<ImageScores> Measure(ImmutableArray<Network> candidates, Action<double> passed, CancellationToken cancellation)
    {
        int done = 0;
        var walk = new NetworkWalk(options, cancellation) { Passed = count => passed((double)(done += count) / ImagesPerCandidate) };
        ImmutableArray<ImageScores> scores = [.. candidates.Select(_ => new ImageScores(images.Scored.Count))];
        walk.Measure(Prepare(candidates, scores, walk), images.Scored, OnePassImages, scores);
        return scores;
    }

    /// <summary>Candidates with the statistics that the protocol gives them; on the caller's thread.</summary>
    /// <param name="candidates">The cut networks.</param>
    /// <param name="scores">Where to note what each makes of the first <see cref="OnePassImages"/> images.</param>
    /// <param name="cancellation">Stops between operators.</param>
    public ImmutableArray<Network> Prepare(ImmutableArray<Network> candidates, ImmutableArray<ImageScores> scores, CancellationToken cancellation) =>
        Prepare(candidates, scores, new NetworkWalk(options, cancellation));

    /// <summary>Compiles prepared candidates as one.</summary>
    public ScoringWalk Open(ImmutableArray<Network> prepared) => ScoringWalk.Open(prepared, options);

    private ImmutableArray<Network> Prepare(ImmutableArray<Network> candidates, ImmutableArray<ImageScores> scores, NetworkWalk walk) =>
        !_recalibrates || candidates.IsEmpty ? candidates
        : OnePassImages > 0 ? walk.RecalibrateAndMeasure(candidates, images.Scored, OnePassImages, scores)
        : walk.Recalibrate(candidates, images.Recalibration, problem.Scoring.Momentum);

    /// <summary>
    /// Activations of a walk: those of one network, and what waits at branches. Of two branches the one with fewer members is walked first, while its beginning waits for the other; so no
    /// more beginnings wait than half of the members can be halved.
    /// </summary>
    public long Activations(int members) => Waiting(members) * (_activations ?? 0);

    /// <summary>The same once statistics are estimated.</summary>
    public long ActivationsOfScore(int members) => Waiting(members) * (_activationsOfScore ?? 0);

    private static int Waiting(int members) => 1 + BitOperations.Log2((uint)members);

    /// <summary>Batches for statistics are run whole, those for the score in slices where that is possible.</summary>
    private static long ImagesAtATime(FitnessImages images, ProgramOptions options, int onePassImages) => Math.Max(
        onePassImages > 0 ? onePassImages : images.Recalibration.Batches.Max(batch => batch.Images.Size(0)), ScoredAtATime(images, options));

    private static long ScoredAtATime(FitnessImages images, ProgramOptions options) =>
        Math.Min(options.ImagesPerSlice ?? long.MaxValue, images.Scored.Batches.Max(batch => batch.Images.Size(0)));

    private static bool Recalibrates(PruningProblem problem, Network network) => problem.Scoring.EstimatesStatistics && MergedNetwork.StatisticsOf(network).Any();

    /// <summary>Statistics that go on from old ones are not those of a batch.</summary>
    private static int InOnePass(PruningProblem problem, Network network, FitnessImages images) =>
        problem.Scoring.Momentum is null && Recalibrates(problem, network) && MergedNetwork.CanHold(network) ? Math.Min(problem.Scoring.OnePassImages, images.Scored.Count) : 0;

    private static int RoundedUp(int value, int step) => (value + step - 1) / step * step;
}
