using System.Diagnostics;
using System.Globalization;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training.Distillations;

namespace Coppice.Training;

/// <summary>What a training is.</summary>
/// <param name="Options">How to train.</param>
/// <param name="Data">What on.</param>
/// <param name="Loader">Its batches.</param>
/// <param name="Fingerprint">All that decides the result: a checkpoint of a training that differs in any of it must not be taken up.</param>
internal sealed record TrainingTask(TrainingOptions Options, TrainingData Data, DataLoader Loader, string Fingerprint);

/// <summary>One training under way, epoch by epoch, on one thread at a time. Between epochs it holds weights, velocities, statistics and its teacher, no gradients and no activations.</summary>
internal sealed class TrainingRun : IDisposable
{
    /// <summary>Key of the random stream of dropout masks.</summary>
    private const ulong DropoutStream = 0x44524F50;

    /// <summary>How often a checkpoint is written within an epoch, at the most.</summary>
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(30);

    private readonly Stopwatch _clock = new();
    private readonly Stopwatch _sinceCheckpoint = Stopwatch.StartNew();
    private readonly TrainingTask _task;
    private readonly TrainedPrograms _programs;
    private readonly Sgd _optimizer;
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly List<TrainingHookRun> _hooks = [];
    private readonly int _iterations;
    private readonly long _total;
    private readonly long _firstStage;
    private readonly bool _drawsDropout;
    private CheckpointPosition _position;
    private long _images;
    private long _trainedIterations;

    /// <summary>Begins it, or takes it up from its checkpoint.</summary>
    /// <param name="task">What it is.</param>
    /// <param name="network">The network to be trained.</param>
    /// <param name="programs">That network and its teacher, compiled; this run's from here on.</param>
    /// <param name="progress">Told after every iteration.</param>
    public TrainingRun(TrainingTask task, Network network, TrainedPrograms programs, IProgress<TrainingProgress>? progress)
    {
        (_task, _programs, _progress) = (task, programs, progress);
        _iterations = task.Loader.IterationsPerEpoch;
        _total = (long)task.Options.Epochs * _iterations;
        _firstStage = programs.HasTeacher ? (long)(task.Options.Distillation.FirstStage * _total) : 0;
        _position = new(0, 0, 0, task.Fingerprint);

        // libtorch's generator is then set for each iteration, so that a resumed training draws what an unbroken one does.
        _drawsDropout = DrawsDropout(network);
        try
        {
            _optimizer = new(programs.Learned, task.Options);
            BeginHooks(network);
            if (!Resume())
            {
                ForEachHook(hook => hook.BeforeFirstEpoch());
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether a training of the network draws from libtorch's generator, of which a process has one.</summary>
    public static bool DrawsDropout(Network network) => network.Nodes.Any(node => node.OperatorType == "Dropout");

    private long Iteration => ((long)_position.Epoch * _iterations) + _position.Iteration;

    /// <summary>Whether all epochs have been run.</summary>
    public bool IsComplete => _position.Epoch >= _task.Options.Epochs;

    /// <summary>Runs the next epoch, or the rest of one that was interrupted.</summary>
    /// <param name="cancellation">Stops between iterations, after a checkpoint has been written where one is asked for.</param>
    public void TrainEpoch(CancellationToken cancellation)
    {
        _clock.Start();
        try
        {
            Iterate(cancellation);
            ForEachHook(hook => hook.AfterEpoch(_position.Epoch + 1));
        }
        catch (OperationCanceledException)
        {
            Save();
            throw;
        }
        finally
        {
            _clock.Stop();
        }

        _position = _position with { Epoch = _position.Epoch + 1, Iteration = 0, LossSum = 0 };
        _optimizer.ZeroGradients();
        Save();
    }

    /// <summary>The network as it stands.</summary>
    public Network Capture() => _programs.Capture();

    public void Dispose()
    {
        foreach (var hook in _hooks)
        {
            hook.Dispose();
        }

        _optimizer?.Dispose(); // null where that is what could not be made
        _programs.Dispose();
    }

    private void BeginHooks(Network network)
    {
        if (_task.Data.Hooks.IsEmpty)
        {
            return;
        }

        var training = new HookedTraining(
            network,
            Trainer.InputShapes(network, _task.Data.Images.Dataset.Shape),
            _task.Options.Epochs,
            _programs.Learned.ToDictionary(),
            _optimizer.Velocities.ToDictionary(),
            _programs.Capture);
        _hooks.AddRange(_task.Data.Hooks.Select(hook => hook.Begin(training)));
    }

    private void Iterate(CancellationToken cancellation)
    {
        foreach (var batch in _task.Loader.Epoch(_position.Epoch, _position.Iteration, cancellation))
        {
            double rate = LearningRate();
            double loss = Iterate(batch, rate);
            if (!double.IsFinite(loss))
            {
                // What is saved belongs to the learning rate that failed, and would refuse the lower one.
                Forget();
                throw new CoppiceException(
                    $"Cannot go on training: the loss became {loss} in epoch {_position.Epoch + 1}; lower --lr (it is {_task.Options.LearningRate.ToString(CultureInfo.InvariantCulture)}) or check the data.");
            }

            _images += batch.Count;
            _trainedIterations++;
            _position = _position with { Iteration = batch.Iteration + 1, LossSum = _position.LossSum + loss };
            Report(rate);
            if (_sinceCheckpoint.Elapsed > CheckpointInterval)
            {
                Save();
            }

            cancellation.ThrowIfCancellationRequested();
        }
    }

    private double Iterate(Batch batch, double rate)
    {
        using var scope = new TensorScope();
        var images = Tensor.FromArray(batch.Images, batch.Shape.AsSpan());
        var labels = Tensor.FromArray(batch.Labels, batch.Count).To(_task.Data.Device);
        var moment = DistillationMoment.Of(Iteration, _firstStage, _total);
        _optimizer.ZeroGradients();
        if (Iteration == _firstStage && _firstStage > 0)
        {
            _optimizer.ClearVelocities();
        }

        if (_drawsDropout)
        {
            var rng = Rng.For(_task.Options.Seed, DropoutStream, (ulong)_position.Epoch, (ulong)batch.Iteration);
            TorchRuntime.Seed((long)(rng.NextUInt64() >> 1));
        }

        var loss = _programs.Loss(images, labels, new(_task.Options.Seed, _position.Epoch, batch.Iteration), moment);
        loss.Backward();
        ForEachHook(hook => hook.AfterBackward());
        _optimizer.Step(rate, mayLackGradients: moment.IsFirstStage);
        return loss.Item();
    }

    private void ForEachHook(Action<TrainingHookRun> call)
    {
        using var mode = GradMode.Disable();
        using var scope = new TensorScope();
        foreach (var hook in _hooks)
        {
            call(hook);
        }
    }

    /// <summary>Constant in a first stage without labels; after it the schedule runs its whole course.</summary>
    private double LearningRate()
    {
        var options = _task.Options;
        return options.LearningRate * (Iteration < _firstStage
            ? options.Distillation.FirstStageRate
            : options.Schedule.Factor(Iteration - _firstStage, _total - _firstStage));
    }

    private void Report(double rate) => _progress?.Report(new(
        _position.Epoch,
        _task.Options.Epochs,
        _position.Iteration,
        _iterations,
        _position.LossSum / _position.Iteration,
        rate,
        _images / _clock.Elapsed.TotalSeconds,
        _clock.Elapsed / _trainedIterations * (_total - Iteration)));

    private IEnumerable<KeyValuePair<string, Tensor>> State() =>
    [
        .. _programs.Learned,
        .. _programs.Statistics,
        .. _optimizer.Velocities.Select(entry => KeyValuePair.Create($"velocity/{entry.Key}", entry.Value)),
        .. _hooks.SelectMany(hook => hook.State).Select(entry => KeyValuePair.Create($"hook/{entry.Key}", entry.Value)),
    ];

    private void Save()
    {
        if (_task.Data.CheckpointPath is { } path)
        {
            new Checkpoint(_position, Checkpoint.Capture(State())).Save(path);
            _sinceCheckpoint.Restart();
        }
    }

    /// <summary>Goes on from a checkpoint where there is one.</summary>
    private bool Resume()
    {
        if (_task.Data.CheckpointPath is not { } path || !File.Exists(path))
        {
            return false;
        }

        var checkpoint = Checkpoint.Load(path);
        if (checkpoint.Position.Fingerprint != _task.Fingerprint)
        {
            throw new CoppiceException($"Cannot resume from '{path}': it belongs to a training with other settings; repeat those, or delete the file to start anew.");
        }

        var (epoch, iteration) = (checkpoint.Position.Epoch, checkpoint.Position.Iteration);
        if (epoch < 0 || epoch > _task.Options.Epochs || iteration < 0 || iteration > _iterations)
        {
            throw new CoppiceException(
                $"Cannot resume from '{path}': it stands at epoch {epoch}, iteration {iteration}, of a training with {_task.Options.Epochs} epochs of {_iterations} iterations; delete it to start anew.");
        }

        checkpoint.Restore(State());
        _position = checkpoint.Position;
        return true;
    }

    /// <summary>Deletes a checkpoint from which nobody can go on.</summary>
    private void Forget()
    {
        if (_task.Data.CheckpointPath is { } path)
        {
            File.Delete(path);
        }
    }
}
