using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Pruning.Encodings;
using Coppice.Pruning.Methods;
using Coppice.Pruning.Racing;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning;

/// <summary>Everything that a pruning method is given: the network, what it may cost, and the means to score and to tune candidates.</summary>
public sealed record PruningProblem
{
    /// <summary>The trained network.</summary>
    public required Network Network { get; init; }

    /// <summary>What the result may cost; null for a method that chooses on its own.</summary>
    public MacTarget? Target { get; init; }

    /// <summary>In place of a target: the share of all channels, in [0, 1), that one threshold over all groups takes; null where there is a target.</summary>
    public double? ChannelShare { get; init; }

    /// <summary>Which groups may lose channels.</summary>
    public GroupScope Scope { get; init; } = GroupScope.Inner;

    /// <summary>What the user forbids, for every method alike.</summary>
    public PruningConstraints Constraints { get; init; } = new();

    /// <summary>Channels of each group in the network that the user gave, by name: what <see cref="PruningConstraints.MaxGroupRatio"/> is a share of. Null where <see cref="Network"/> is that network.</summary>
    public IReadOnlyDictionary<string, int>? OriginalSizes { get; init; }

    /// <summary>Shapes of inputs, by name, whose declaration leaves more than the batch open; null where there are none.</summary>
    public IReadOnlyDictionary<string, TensorShape>? InputShapes { get; init; }

    /// <summary>What candidates are scored on; null where no data are given, so that only methods without a search can run.</summary>
    public FitnessImages? Images { get; init; }

    /// <summary>How candidates are compared.</summary>
    public ScoringProtocol Scoring { get; init; } = ScoringProtocol.Standard;

    /// <summary>Whether the weights that read what stays are repaired by least squares after each cut, for a candidate's score and in the answer (<see cref="Reconstruction.NetworkRepair"/>).</summary>
    public bool Repairs { get; init; }

    /// <summary>Trains a candidate for its score: the network, and for how many epochs. On the <see cref="Thread"/>. Null where the protocol does not ask for it.</summary>
    public Func<Network, int, CancellationToken, Network>? TrainCandidate { get; init; }

    /// <summary>Images that an epoch of training passes over; 0 where none are known.</summary>
    public int TrainImages { get; init; }

    /// <summary>Arithmetic of the scoring.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>Where to score.</summary>
    public Device Device { get; init; } = Device.Cpu;

    /// <summary>
    /// Memory in bytes that the candidates of all walks that go on at a time may take, with all copies of their parameters and what lives of their activations: it decides how many walks go on
    /// and how many are in each. What their repair takes is a part of it (<see cref="Reconstruction.RepairMemory"/>). Images, a race's predictions (256 MiB at most, or one image, as long as they are measured
    /// and no candidate is compiled; four bytes for each image and channel as long as the search goes on), gradients for criteria, the layers' errors of <c>ga-layerwise</c>, trainings and the program itself
    /// come on top.
    /// </summary>
    public long MemoryBytes { get; init; } = HalfOfTheMemory;

    /// <summary>Half of the memory, in bytes, that this process may use.</summary>
    internal static long HalfOfTheMemory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>How candidates race against each other where an algorithm lets them compete; null for a score on all images always.</summary>
    public RaceOptions? Race { get; init; }

    /// <summary>What candidates scored in earlier runs; null for nothing.</summary>
    public IEvaluationMemo? Memo { get; init; }

    /// <summary>The thread that runs networks; null where no data are given.</summary>
    public ModelThread? Thread { get; init; }

    /// <summary>Short fine-tuning between rounds of prune and fine-tune; null for none.</summary>
    public Func<PrunedCandidate, int, CancellationToken, Task<Network>>? FineTuneRound { get; init; }

    /// <summary>Seed of everything drawn by chance.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>What ends a search before its last generation.</summary>
    public SearchLimits Limits { get; init; } = new();

    /// <summary>The clock that <see cref="SearchLimits.MaxMinutes"/> are measured by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Told how the search goes.</summary>
    public IProgress<PruningProgress>? Progress { get; init; }

    /// <summary>The space of the network given, or of one that a method has reached on the way.</summary>
    public PruningSpace SpaceOf(Network network) => PruningSpace.Create(
        ChannelUnits.Analyze(network, InputShapes), Scope, Constraints, ReferenceEquals(network, Network) ? OriginalSizes : SizesToKeepInMind);

    /// <summary>The problem of a network that a method has reached on the way; what the user forbids still counts from the network that was given.</summary>
    public PruningProblem At(Network network) => this with { Network = network, OriginalSizes = SizesToKeepInMind };

    /// <summary>The original sizes where a constraint counts from them.</summary>
    private IReadOnlyDictionary<string, int>? SizesToKeepInMind => OriginalSizes is not null || Constraints.MaxGroupRatio is null
        ? OriginalSizes
        : ChannelUnits.Analyze(Network, InputShapes, Scope == GroupScope.Selections).Groups.ToDictionary(group => group.Name, group => group.Size);

    /// <summary>What a criterion is given to score the channels of a network.</summary>
    /// <param name="criterion">The criterion.</param>
    /// <param name="units">The channels of the network.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="CoppiceException">The criterion needs data, and none were given.</exception>
    public async Task<ScoringContext> ScoringAsync(IFilterCriterion criterion, ChannelUnits units, CancellationToken cancellation)
    {
        var context = new ScoringContext(units) { Seed = Seed };
        if (!criterion.NeedsData)
        {
            return context;
        }

        return Images is null || Thread is null
            ? throw new CoppiceException($"Cannot score by '{criterion.Name}' without data: it needs gradients of the loss on images; give --data, as in --data fashion-mnist.")
            : context with { Gates = await Thread.RunAsync(() => GateGradientPass.Run(units, Images.Recalibration, Device, cancellation), cancellation) };
    }

    /// <summary>Cuts the network by a plan and repairs what stays.</summary>
    /// <param name="plan">What stays.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>The network, and how many images were sent through the old one for it.</returns>
    public async Task<(Network Network, long Images)> RepairAsync(PruningPlan plan, CancellationToken cancellation)
    {
        var space = SpaceOf(Network);
        var scorer = (this with { Repairs = true }).Evaluator(space);
        return (await scorer.CutAsync(space.ToGenome(plan), cancellation), scorer.ForwardImages);
    }

    /// <summary>Fine-tunes a candidate between rounds; returns it as it is where no epochs are asked for or nothing is given that tunes.</summary>
    /// <param name="candidate">The candidate.</param>
    /// <param name="epochs">Passes over the training images.</param>
    /// <param name="phase">What progress calls it; null for no report.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<PrunedCandidate> TuneRoundAsync(PrunedCandidate candidate, int epochs, string? phase, CancellationToken cancellation)
    {
        if (epochs == 0 || FineTuneRound is not { } tune)
        {
            return candidate;
        }

        if (phase is not null)
        {
            Progress?.Report(new(phase, 0, 1, candidate.Evaluations));
        }

        return candidate with { Network = await tune(candidate, epochs, cancellation), TunedEpochs = candidate.TunedEpochs + epochs };
    }

    /// <summary>The score of a network that a method has reached, with its weights as they are, and how many images it took.</summary>
    public async Task<(Evaluation Score, long Images)> ScoreAsync(Network network, CancellationToken cancellation)
    {
        var space = SpaceOf(network);
        var scorer = (this with { Repairs = false }).Evaluator(space);
        var score = (await scorer.EvaluateAsync([BitGenome.AllOnes(space.Sizes.AsSpan())], cancellation))[0];
        return (score, scorer.ForwardImages);
    }

    /// <summary>
    /// What a method has left to be done: methods that know nothing of weights return those that they were given, so here they are repaired; what has no score is scored, for the reader of
    /// the report. The answer of a search is returned as it is: it is the network that was scored.
    /// </summary>
    /// <param name="candidate">What the method returned.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public async Task<PrunedCandidate> CompleteAsync(PrunedCandidate candidate, CancellationToken cancellation)
    {
        if (Repairs && !candidate.HasOwnWeights)
        {
            var (network, images) = await RepairAsync(candidate.Plan, cancellation);
            candidate = candidate with { Network = network, HasOwnWeights = true, ForwardImages = candidate.ForwardImages + images };
        }

        return candidate.Score is null ? candidate with { Score = (await ScoreAsync(candidate.Network, cancellation)).Score as CandidateEvaluation } : candidate;
    }

    /// <summary>A candidate with its batch-norm statistics estimated anew from training images; without batch normalisation as it is.</summary>
    public async Task<PrunedCandidate> RecalibrateAsync(PrunedCandidate candidate, CancellationToken cancellation)
    {
        var network = await Thread!.RunAsync(() => BatchNormRecalibration.Apply(candidate.Network, Images!.Recalibration, Precision, Device, cancellation), cancellation);
        return ReferenceEquals(network, candidate.Network) ? candidate : candidate with { Network = network, ForwardImages = candidate.ForwardImages + Images!.Recalibration.Count };
    }

    /// <summary>An evaluator for genomes of a space, with a memo.</summary>
    /// <param name="space">What genomes mean.</param>
    /// <param name="report">Told after each candidate of a batch.</param>
    /// <param name="measured">Told of each candidate that could be measured.</param>
    /// <exception cref="CoppiceException">No data were given.</exception>
    public CandidateScorer Evaluator(PruningSpace space, IProgress<(int Done, int Total)>? report = null, Action<BitGenome, CandidateEvaluation>? measured = null) =>
        new(new PruningFitness(space, this) { Progress = report, Measured = measured });
}

/// <summary>How a search stands.</summary>
/// <param name="Phase">What is being done, in words.</param>
/// <param name="Done">Candidates of the present batch that are done.</param>
/// <param name="Total">Candidates of the present batch.</param>
/// <param name="Evaluations">Candidates evaluated since the start of the method.</param>
public sealed record PruningProgress(string Phase, int Done, int Total, long Evaluations);

/// <summary>A smaller network that a method found.</summary>
/// <param name="Name">Short name within the run, such as <c>ccep</c> or <c>ccep-2</c>.</param>
/// <param name="Plan">What was kept, in terms of the network given.</param>
/// <param name="Network">The smaller network; its weights may have been tuned on the way.</param>
/// <param name="Cost">What it costs.</param>
/// <param name="Evaluations">Candidates evaluated up to it.</param>
/// <param name="TunedEpochs">Epochs of fine-tuning that it has had already.</param>
/// <param name="Score">Its score in the search, before any fine-tuning after the last cut; null where the method does not score.</param>
public sealed record PrunedCandidate(
    string Name, PruningPlan Plan, Network Network, Cost Cost, long Evaluations, int TunedEpochs, CandidateEvaluation? Score)
{
    /// <summary>Whether the weights are the method's own, repaired or tuned on the way, instead of those of the network given.</summary>
    public bool HasOwnWeights { get; init; }

    /// <summary>
    /// Images that the search sent through a network to find it, an image of a training for a score counting three: what searches of different kinds have in common.
    /// Fine-tuning is not counted, that between rounds included.
    /// </summary>
    public long ForwardImages { get; init; }

    /// <summary>What races have saved on the way to it; null where there were none.</summary>
    public RaceTally? Race { get; init; }

    /// <summary>What a reader must know of how it came about, such as groups that the method had to leave whole; null for nothing.</summary>
    public string? Note { get; init; }

    /// <summary>What ended the search before its last generation, as a phrase; null where all were run.</summary>
    public string? EarlyEnd { get; init; }
}

/// <summary>A way to prune a network. One paper, one file; a line in <see cref="Methods.PruningMethodTable"/>.</summary>
public interface IPruningMethod
{
    /// <summary>Name on the command line.</summary>
    string Name { get; }

    /// <summary>What it is, in a line.</summary>
    string Description { get; }

    /// <summary>The paper.</summary>
    string Paper { get; }

    /// <summary>Whether it cannot choose the size of the result on its own.</summary>
    bool NeedsTarget { get; }

    /// <summary>Whether it can be told the size of the result.</summary>
    bool TakesTarget => true;

    /// <summary>Whether it looks at images.</summary>
    bool NeedsData { get; }

    /// <summary>Whether a seed makes a difference.</summary>
    bool DrawsByChance => NeedsData;

    /// <summary>Whether it searches: it scores many candidates on images, and its answer carries such a score.</summary>
    bool IsSearch { get; }

    /// <summary>How its authors went about it, for <c>--faithful</c>; null where there is no such thing.</summary>
    PublishedProtocol? Published => null;

    /// <summary>Checks the method's own settings, before any work is done.</summary>
    /// <exception cref="CoppiceException">They cannot work, whatever the network.</exception>
    void CheckSettings()
    {
    }

    /// <summary>What it can evolve, its own kind first; empty for a method that evolves nothing.</summary>
    ImmutableArray<GenomeKind> Genomes => [];

    /// <summary>Whether <see cref="PruningProblem.Limits"/> can end it early.</summary>
    bool HeedsLimits => false;

    /// <summary>Whether its candidates compete for places, so that they can race (<see cref="PruningProblem.Race"/>).</summary>
    bool Races => false;

    /// <summary>Prunes.</summary>
    /// <returns>The networks found, the last one being the method's answer: one that meets the target where there is one.</returns>
    /// <exception cref="CoppiceException">The target cannot be reached, or data are missing.</exception>
    /// <exception cref="SearchStoppedException">It was stopped when it had found something.</exception>
    /// <exception cref="SearchFailedException">It works in rounds, and failed, for whatever reason, when some of them were done.</exception>
    Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation);
}
