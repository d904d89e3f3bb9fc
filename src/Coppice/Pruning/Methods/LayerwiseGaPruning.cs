using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Pruning.Encodings;
using Coppice.Pruning.Reconstruction;
using Coppice.Pruning.Sensitivity;
using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;
using Coppice.Search.Termination;
using Coppice.Training.Distillations;

namespace Coppice.Pruning.Methods;

/// <summary>Settings of <see cref="LayerwiseGaPruning"/>.</summary>
public sealed record LayerwiseGaOptions
{
    /// <summary>Individuals of a layer's population.</summary>
    public int PopulationSize { get; init; } = 50;

    /// <summary>Generations per layer. They cost next to nothing: no candidate runs a network.</summary>
    public int Generations { get; init; } = 100;

    /// <summary>Whether the weights that read what stays are repaired by least squares after each layer.</summary>
    public bool Repair { get; init; } = true;

    /// <summary>Epochs of fine-tuning after each layer; 0 for none.</summary>
    public int LayerEpochs { get; init; }

    /// <summary>Whether greedy removal with exchange solves the same problem beside the genetic algorithm, and may win.</summary>
    public bool Greedy { get; init; } = true;

    /// <summary>As in the paper: no greedy rival, no repair, an epoch of fine-tuning after each layer (its few are not known).</summary>
    public static LayerwiseGaOptions Published { get; } = new() { Repair = false, LayerEpochs = 1, Greedy = false };

    /// <summary>How the layers' inputs are sampled.</summary>
    public MomentOptions Moments { get; init; } = new();
}

/// <summary>
/// A novel channel pruning method for deep neural network compression (Hu, Sun, Li, Wang &amp; Gu, arXiv 1805.11394, 2018):
/// <code>
/// measure how sensitive each layer is; choose its pruning rate by that
/// for each layer, from the first to the last:
///     evolve which k channels stay: least error of what the next layer puts out, by its two-step approximation
///     cut; fine-tune a few epochs
/// fine-tune by knowledge distillation, the original network being the teacher       (the run's last fine-tuning)
/// </code>
/// </summary>
/// <remarks>
/// <para>Deviation: the approximated error is computed in its exact quadratic form (<see cref="LayerError"/>), from one pass over the data per layer.</para>
/// <para>Deviation: rates are found by bisection so that all layers suffer alike and the MAC target is met (<see cref="SensitivityWidths"/>); the authors choose them by hand.</para>
/// <para>Deviation: the weights that read what stays are repaired by least squares from the same moments, and statistics re-estimated; epochs after each layer are an option.</para>
/// <para>
/// Deviation: greedy removal with exchange (<see cref="GreedySwap"/>) solves the same problem beside the genetic algorithm; where it finds a lower error, its choice is taken.
/// </para>
/// </remarks>
/// <param name="options">The settings.</param>
public sealed class LayerwiseGaPruning(LayerwiseGaOptions options) : IPruningMethod
{
    /// <summary>Its name on the command line.</summary>
    public const string MethodName = "ga-layerwise";

    private const ulong Stream = 0x4C415945;

    /// <inheritdoc/>
    public string Name => MethodName;

    /// <inheritdoc/>
    public string Description => "layer by layer by sensitivity: a genetic algorithm on the error of the next layer's output";

    /// <inheritdoc/>
    public string Paper => "Hu et al., A Novel Channel Pruning Method for Deep Neural Network Compression, 2018";

    /// <inheritdoc/>
    public bool NeedsTarget => true;

    /// <inheritdoc/>
    public bool NeedsData => true;

    /// <inheritdoc/>
    public bool IsSearch => true;

    /// <summary>The paper's scoring looks at no labels; its last fine-tuning is taught by attention maps, and by answers as far as is known.</summary>
    public PublishedProtocol Published { get; } = new() { Distillation = DistillationTable.Sum([new KnowledgeDistillation(), new AttentionTransfer()]) };

    /// <summary>Bits alone: it chooses which k channels of a layer stay; k is not evolved.</summary>
    public ImmutableArray<GenomeKind> Genomes => [GenomeKind.Bits];

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        var session = new SearchSession(problem, Name);
        long macs = session.Macs ?? throw new CoppiceException("Cannot choose pruning rates without a target: give --max-macs, as in --max-macs 50%.");
        var sensitivities = await SensitivityAnalysis.MeasureAsync(session.Space, session.Scores(new L1Norm()), session.Evaluator, cancellation);
        var widths = SensitivityWidths.Find(session.Space, sensitivities, macs);

        var present = new PrunedCandidate(Name, PruningPlan.Identity(problem.Network.Name), problem.Network, session.Space.Cost.Full, session.Evaluator.Misses, 0, null)
        {
            ForwardImages = session.Evaluator.ForwardImages,
            HasOwnWeights = true,
        };
        for (int i = 0; i < session.Space.Groups.Length; i++)
        {
            var group = session.Space.Groups[i];
            problem.Progress?.Report(new($"layer {i + 1}/{session.Space.Groups.Length}, {group.Name}", 0, 1, present.Evaluations));
            if (widths[i] < group.Size)
            {
                present = await PruneLayerAsync(problem, present, group.Name, widths[i], i, cancellation);
            }
        }

        return [await ScoreAsync(problem, present, cancellation)];
    }

    private static async Task<PrunedCandidate> ScoreAsync(PruningProblem problem, PrunedCandidate pruned, CancellationToken cancellation)
    {
        var (score, images) = await problem.ScoreAsync(pruned.Network, cancellation);
        return score is CandidateEvaluation { FailureReason: null } candidate
            ? pruned with { Cost = candidate.Size, Score = candidate, Evaluations = pruned.Evaluations + 1, ForwardImages = pruned.ForwardImages + images }
            : throw new CoppiceException($"Cannot prune '{problem.Network.Name}' layer by layer: the result cannot be measured ({score.FailureReason?.TrimEnd('.')}); give a milder --max-macs.");
    }

    private async Task<PrunedCandidate> PruneLayerAsync(
        PruningProblem problem, PrunedCandidate present, string name, int keep, int layer, CancellationToken cancellation)
    {
        var space = problem.SpaceOf(present.Network);
        int index = space.Groups.ToList().FindIndex(group => group.Name == name);
        var group = space.Groups[index];
        var error = await problem.Thread!.RunAsync(
            () => LayerError.Measure(present.Network, group, problem.Images!.Recalibration, options.Moments, problem.Device, cancellation), cancellation);
        var kept = await ChooseAsync(error, keep, Rng.For(problem.Seed, Stream, (ulong)layer).NextUInt64(), cancellation);
        var plan = space.ToPlan(BitGenome.AllOnes(space.Sizes.AsSpan()).Replace(index, kept));
        var network = await problem.Thread.RunAsync(() => Cut(problem, present.Network, error, group, kept, plan), cancellation);

        // A pass for the moments of the layers that read the group.
        long images = error.Moments.IsEmpty ? 0 : problem.Images!.Recalibration.Count;
        var pruned = present with { Plan = present.Plan.Then(plan), Network = network, ForwardImages = present.ForwardImages + images };
        return await problem.TuneRoundAsync(await problem.RecalibrateAsync(pruned, cancellation), options.LayerEpochs, phase: null, cancellation);
    }

    private Network Cut(PruningProblem problem, Network network, LayerError error, ChannelGroup group, BitString kept, PruningPlan plan)
    {
        var repaired = options.Repair ? LeastSquaresRepair.Apply(network, error, group, kept) : network;
        return Pruner.Apply(ChannelUnits.Analyze(repaired, problem.InputShapes), plan);
    }

    /// <summary>The k channels of least error that either search finds.</summary>
    private async Task<BitString> ChooseAsync(LayerError error, int keep, ulong seed, CancellationToken cancellation)
    {
        var variation = new Variation<BitString>(
            rng => RandomBits.ExactCount(error.Size, keep, rng), new OnePointCrossover<BitString>(), new BitFlip<BitString>(1.0 / error.Size), new ExactCount<BitString>(keep));
        var algorithm = new GeneticAlgorithm<BitString>(
            new() { Seed = seed, PopulationSize = options.PopulationSize, Elites = Math.Min(2, options.PopulationSize - 1), CrossoverProbability = 0.8 }, variation, new RouletteWheel(), new Fitness(error));
        var evolved = (await SearchLoop.Of(algorithm, new MaxGenerations(options.Generations)).RunAsync(cancellation)).State.Best.Genome;
        if (!options.Greedy)
        {
            return evolved;
        }

        var greedy = GreedySwap.Choose(error, keep);
        return error.Of(evolved) <= error.Of(greedy) ? evolved : greedy;
    }

    /// <summary>1 − E relative to the error of the whole group's going: positive unless channels work against each other, and 1 for no error.</summary>
    private sealed class Fitness(LayerError error) : IFitnessEvaluator<BitString>
    {
        public ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<BitString> genomes, CancellationToken cancellationToken) =>
            ValueTask.FromResult<ImmutableArray<Evaluation>>([.. genomes.Select(kept => new Evaluation(1 - (error.Of(kept) / error.Whole), kept.Count))]);
    }
}
