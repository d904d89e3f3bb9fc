using System.Collections.Immutable;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Pruning.Hooks;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Runs;

/// <summary>
/// Fine-tunes the networks of a run, all of them alike: between the rounds of a method, for a score where the authors score so, and at the end.
/// </summary>
internal sealed class CandidateTuner
{
    private const ulong TuningStream = 0x54554E45;

    private readonly CompressionInput _input;
    private readonly Network _network;
    private readonly CompressionOptions _options;
    private readonly PublishedProtocol? _published;
    private readonly ModelThread _thread;
    private readonly Device _device;
    private readonly TimeProvider _clock;
    private readonly DataSubset _images;
    private readonly Lazy<ChannelUnits> _units;

    /// <summary>Checks what it will need.</summary>
    /// <param name="input">The images.</param>
    /// <param name="network">The whole network, which gives logits.</param>
    /// <param name="options">How.</param>
    /// <param name="published">How the authors did it, where that is asked for.</param>
    /// <param name="thread">The thread that runs networks.</param>
    /// <param name="device">Where they run.</param>
    /// <param name="clock">Gives the time when test images are opened.</param>
    /// <exception cref="CoppiceException">The settings cannot work for this network.</exception>
    public CandidateTuner(
        CompressionInput input, Network network, CompressionOptions options, PublishedProtocol? published, ModelThread thread, Device device, TimeProvider clock)
    {
        (_input, _network, _options, _published, _thread, _device, _clock) = (input, network, options, published, thread, device, clock);
        _images = published is not null ? input.Splits.TrainAndSearch : input.Splits.Train;
        _units = new(() => ChannelUnits.Analyze(network, input.InputShapes));
        options.FineTune.Validate();
        Trainer.CheckTeacher(Options, Data(PruningPlan.Identity()));

        // A network that is to get batch normalisations has γ by the time it is trained.
        if (options.Slimming is not null && !(options.InsertBatchNorm && BatchNormInsertion.IsCalledFor(network)))
        {
            NetworkSlimming.Check(network);
        }
    }

    /// <summary>Images that an epoch passes over.</summary>
    public int ImageCount => _images.Count;

    /// <summary>Whether an epoch was chosen by test images.</summary>
    public bool HasChosenEpochs { get; private set; }

    /// <summary>What acts on networks between rounds: there γ are to become sparse for the next cut. The last fine-tuning is without the penalty, as in the paper.</summary>
    public ImmutableArray<ITrainingHook> RoundHooks => _options.Slimming is { } lambda ? [new NetworkSlimming(lambda)] : [];

    /// <summary>How networks are tuned: as asked for, or taught as the authors taught them.</summary>
    private TrainingOptions Options => _options.FineTune with
    {
        Precision = _options.Precision,
        Distillation = _published?.Distillation ?? _options.FineTune.Distillation,
    };

    /// <summary>Networks that are fine-tuned at a time: as many as the thread has jobs and memory allows. One where test images are opened, and where a training draws by chance, from a generator of the process.</summary>
    /// <param name="candidates">How many there are.</param>
    private int AtATime(int candidates) => _published is not null || TrainingRun.DrawsDropout(_network) ? 1
        : (int)Math.Clamp((_options.MemoryBytes ?? PruningProblem.HalfOfTheMemory) / BytesOfOne(candidates > _thread.Jobs), 1, _thread.Jobs);

    /// <summary>Memory of a training of the whole network and its teacher; cut ones take less.</summary>
    /// <param name="doesAnotherWait">Whether another may wait for its next epoch, with weights, velocities and a teacher.</param>
    private long BytesOfOne(bool doesAnotherWait)
    {
        var precision = Trainer.PrecisionOf(_options.Precision, _device);
        long? training = ProgramMemory.TrainingBytes(_network, Options.BatchSize, precision, _input.InputShapes);
        long parameters = ProgramMemory.ParameterBytes(_network.Parameters.Values);
        return training + ProgramMemory.ActivationBytes(_network, Options.BatchSize, precision, _input.InputShapes) + parameters + (doesAnotherWait ? 3 * parameters : 0) ?? long.MaxValue;
    }

    /// <summary>
    /// Fine-tunes several candidates, some at a time and an epoch after the other (<see cref="EpochRounds"/>); the teacher is asked about each batch once. Where one fails those beside it stop, for
    /// without it there is no comparison.
    /// </summary>
    /// <param name="candidates">The candidates, with the epochs of each.</param>
    /// <param name="progress">Told of the training of a candidate.</param>
    /// <param name="tuned">Told of each network that is ready, by one thread at a time.</param>
    /// <param name="cancellation">Stops all of them.</param>
    public Task TuneAllAsync(
        ImmutableArray<(PrunedCandidate Candidate, int Epochs)> candidates,
        Func<PrunedCandidate, IProgress<TrainingProgress>> progress,
        Action<PrunedCandidate, Network> tuned,
        CancellationToken cancellation) => _thread.RunAsync(
        () =>
        {
            var answers = candidates.Where(next => next.Epochs > 0).CountBy(next => SeedFor(next.Candidate)).Where(seed => seed.Value > 1).ToDictionary(seed => seed.Key, seed => new TeacherAnswers(seed.Value));
            ImmutableArray<Tuning> tunings = [.. candidates.Select(next => new Tuning(this, next.Candidate, next.Epochs, answers.GetValueOrDefault(SeedFor(next.Candidate)), progress))];
            var gate = new Lock();
            try
            {
                // In rounds: how many threads a training has decides the order in which gradients are added, so it must not depend on who is ready first.
                foreach (var round in EpochRounds.Of([.. tunings.Select(tuning => tuning.Steps)], AtATime(tunings.Length)))
                {
                    _thread.ForEach(round.Select(position => tunings[position]), Advance, round.Length, cancellation);
                }
            }
            finally
            {
                foreach (var tuning in tunings)
                {
                    tuning.Dispose();
                }
            }

            void Advance(Tuning tuning, CancellationToken stop)
            {
                if (tuning.Step(stop) is { } network)
                {
                    lock (gate)
                    {
                        tuned(tuning.Candidate, network);
                    }
                }
            }
        },
        cancellation);

    /// <summary>Fine-tunes a candidate; without epochs its statistics are estimated anew, which otherwise would still describe the network before the cut.</summary>
    /// <param name="candidate">The candidate.</param>
    /// <param name="epochs">Passes over the images.</param>
    /// <param name="hooks">What acts on it while it is trained.</param>
    /// <param name="progress">Told after every iteration.</param>
    /// <param name="cancellation">Stops it.</param>
    public Task<Network> TuneAsync(
        PrunedCandidate candidate, int epochs, ImmutableArray<ITrainingHook> hooks, IProgress<TrainingProgress> progress, CancellationToken cancellation) =>
        _thread.RunAsync(() => Tune(candidate, epochs, Data(candidate.Plan) with { Hooks = hooks }, progress, cancellation), cancellation);

    private Network Tune(PrunedCandidate candidate, int epochs, TrainingData data, IProgress<TrainingProgress> progress, CancellationToken cancellation) =>
        epochs == 0 ? Recalibrate(candidate.Network, cancellation)
        : _published is { KeepsBestTestEpoch: true } ? TrainToBestTestEpoch(OptionsFor(candidate, epochs), data, candidate.Network, progress, cancellation)
        : new Trainer(OptionsFor(candidate, epochs), data).Train(candidate.Network, progress, cancellation);

    private TrainingOptions OptionsFor(PrunedCandidate candidate, int epochs) => Options with { Epochs = epochs, Seed = SeedFor(candidate) };

    /// <summary>A network that was tuned between rounds goes on with new orders of images, not with those that it has seen.</summary>
    private ulong SeedFor(PrunedCandidate candidate) =>
        candidate.TunedEpochs == 0 ? _options.Seed : Rng.For(_options.Seed, TuningStream, (ulong)candidate.TunedEpochs).NextUInt64();

    /// <summary>Trains a candidate for its score, on the caller's thread.</summary>
    public Network TrainForScore(Network candidate, int epochs, CancellationToken cancellation) =>
        new Trainer(Options with { Epochs = epochs, Seed = _options.Seed }, Untaught()).Train(candidate, progress: null, cancellation);

    /// <summary>As many papers did it, and only for comparison with them.</summary>
    private Network TrainToBestTestEpoch(TrainingOptions options, TrainingData data, Network network, IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        var test = _input.Splits.Test.Open("choice of the best epoch, as published", _clock);
        HasChosenEpochs = true;
        using var images = TensorBatches.Load(test, _input.Normalization, Classifier.BatchSize, _device);
        var best = new BestEpoch(images, _device, cancellation);
        new Trainer(options, data with { Hooks = data.Hooks.Add(best) }).Train(network, progress, cancellation);
        return best.Network!;
    }

    private TrainingData Untaught() => new(_images, _input.Normalization) { Device = _device };

    /// <summary>What a network that a plan has made of the original is tuned on, and by whom it is taught.</summary>
    private TrainingData Data(PruningPlan plan) => (_published is null ? _options.Distill : _published.Distillation is not null)
        ? Untaught() with { Teacher = _network, TeacherChannels = ChannelProvenance.Of(_units.Value, plan) }
        : Untaught();

    private Network Recalibrate(Network network, CancellationToken cancellation)
    {
        int size = _options.Fitness.RecalibrationBatchSize;
        using var batches = TensorBatches.Draw(_input.Splits.Train, _input.Normalization, _options.Fitness.RecalibrationBatches * size, size, _options.Seed, _device);
        return BatchNormRecalibration.Apply(network, batches, Precision.Float32, _device, cancellation);
    }

    /// <summary>The fine-tuning of a candidate in steps: its epochs; one step where there are none, and as published, where nothing else is tuned meanwhile.</summary>
    private sealed class Tuning(CandidateTuner tuner, PrunedCandidate candidate, int epochs, TeacherAnswers? answers, Func<PrunedCandidate, IProgress<TrainingProgress>> progress) : IDisposable
    {
        private readonly bool _isWhole = epochs == 0 || tuner._published is not null;
        private TrainingRun? _run;

        public PrunedCandidate Candidate => candidate;

        public int Steps => _isWhole ? 1 : epochs;

        /// <summary>Goes a step further.</summary>
        /// <returns>The network after the last one, otherwise null.</returns>
        public Network? Step(CancellationToken cancellation)
        {
            TrainingData Data() => tuner.Data(candidate.Plan) with { TeacherAnswers = answers };
            if (_isWhole)
            {
                return tuner.Tune(candidate, epochs, Data(), progress(candidate), cancellation);
            }

            _run ??= new Trainer(tuner.OptionsFor(candidate, epochs), Data()).Begin(candidate.Network, progress(candidate));
            _run.TrainEpoch(cancellation);
            if (!_run.IsComplete)
            {
                return null;
            }

            var network = _run.Capture();
            Dispose();
            return network;
        }

        public void Dispose()
        {
            _run?.Dispose();
            _run = null;
        }
    }
}
