using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Search;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>What a training is given besides its options.</summary>
/// <param name="Images">Images to learn from.</param>
/// <param name="Normalization">How pixels become inputs.</param>
public sealed record TrainingData(DataSubset Images, Normalization Normalization)
{
    /// <summary>A network whose answers take part in the loss; null for labels alone.</summary>
    public Network? Teacher { get; init; }

    /// <summary>A file that keeps the training's state; null for none. A training finds its own file and goes on from there.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Where to run.</summary>
    public Device Device { get; init; } = Device.Cpu;
}

/// <summary>
/// Trains a network by stochastic gradient descent, from scratch or after pruning, with or without a teacher.
/// The last state is the result: no epoch is chosen by any held-out set. Runs on the caller's thread, which should be a <see cref="ModelThread"/>.
/// </summary>
public sealed class Trainer
{
    /// <summary>Key of the random stream of dropout masks.</summary>
    private const ulong DropoutStream = 0x44524F50;

    /// <summary>How often a checkpoint is written within an epoch, at the most.</summary>
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(30);

    private readonly TrainingOptions _options;
    private readonly TrainingData _data;
    private readonly Precision _precision;
    private readonly DataLoader _loader;

    /// <summary>Prepares a training.</summary>
    /// <exception cref="CoppiceException">An option is out of range.</exception>
    public Trainer(TrainingOptions options, TrainingData data)
    {
        options.Validate();
        _options = options;
        _data = data;
        _precision = options.Precision ?? FastestPrecision(data.Device);
        _loader = new(data.Images, data.Normalization, new()
        {
            BatchSize = options.BatchSize,
            Augmentation = options.Augmentation,
            Seed = options.Seed,
            DropLast = data.Images.Count > options.BatchSize,
        });
    }

    /// <summary>bf16 where the CPU multiplies it natively, single precision otherwise.</summary>
    public static Precision FastestPrecision(Device device) =>
        !device.IsCuda && TorchRuntime.SupportsBFloat16 ? Precision.BFloat16 : Precision.Float32;

    /// <summary>Trains and returns the trained network.</summary>
    /// <param name="network">One input [N, C, H, W], one output [N, classes].</param>
    /// <param name="progress">Told after every iteration.</param>
    /// <param name="cancellation">Stops between iterations, after a checkpoint has been written where one is asked for.</param>
    public Network Train(Network network, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        if (_options.Epochs == 0)
        {
            return network;
        }

        using var student = NetworkProgram.Compile(network, new() { Mode = ExecutionMode.Training, Precision = _precision, Device = _data.Device });
        using var teacher = _data.Teacher is null
            ? null
            : NetworkProgram.Compile(_data.Teacher, new() { Precision = _precision, Device = _data.Device });
        using var optimizer = new Sgd(student.Learned, _options);
        bool drops = network.Nodes.Any(node => node.OperatorType == "Dropout");
        var run = new Run(this, student, teacher, optimizer, progress, Fingerprint(network)) { DrawsDropout = drops };
        run.Execute(cancellation);
        return student.Capture();
    }

    /// <summary>All that decides the result: a checkpoint of a training that differs in any of it must not be taken up.</summary>
    private string Fingerprint(Network network) => string.Join(
        ' ',
        network.Name,
        Hash(network),
        JsonSerializer.Serialize(_options with { Precision = _precision }, CheckpointJson.Default.TrainingOptions),
        _data.Images.Dataset.ContentHash,
        _data.Images.IndexHash,
        FormattableString.Invariant($"{_data.Normalization}"),
        _data.Teacher is null ? "no teacher" : Hash(_data.Teacher));

    /// <summary>SHA-256 of all parameters by name, in lower-case hexadecimal.</summary>
    private static string Hash(Network network)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, value) in network.Parameters)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {value.Shape} "));
            hash.AppendData(value.Bytes.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>One training under way.</summary>
    private sealed class Run(
        Trainer trainer, NetworkProgram student, NetworkProgram? teacher, Sgd optimizer, IProgress<TrainingProgress>? progress, string fingerprint)
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly Stopwatch _sinceCheckpoint = Stopwatch.StartNew();
        private readonly int _iterations = trainer._loader.IterationsPerEpoch;
        private CheckpointPosition _position = new(0, 0, 0, fingerprint);
        private long _images;
        private long _trainedIterations;

        /// <summary>Whether iterations draw from libtorch's generator, which is then set for each one, so that a resumed training draws what an unbroken one does.</summary>
        public bool DrawsDropout { get; init; }

        public void Execute(CancellationToken cancellation)
        {
            Resume();
            try
            {
                while (_position.Epoch < trainer._options.Epochs)
                {
                    TrainEpoch(cancellation);
                    _position = _position with { Epoch = _position.Epoch + 1, Iteration = 0, LossSum = 0 };
                    Save();
                }
            }
            catch (OperationCanceledException)
            {
                Save();
                throw;
            }

            Forget();
        }

        private void TrainEpoch(CancellationToken cancellation)
        {
            foreach (var batch in trainer._loader.Epoch(_position.Epoch, _position.Iteration, cancellation))
            {
                double rate = LearningRate();
                double loss = Iterate(batch, rate);
                if (!double.IsFinite(loss))
                {
                    // What is saved belongs to the learning rate that failed, and would refuse the lower one.
                    Forget();
                    throw new CoppiceException(
                        $"Cannot go on training: the loss became {loss} in epoch {_position.Epoch + 1}; lower --lr (it is {trainer._options.LearningRate.ToString(System.Globalization.CultureInfo.InvariantCulture)}) or check the data.");
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
            var labels = Tensor.FromArray(batch.Labels, batch.Count).To(trainer._data.Device);
            var soft = teacher?.Run(images);
            optimizer.ZeroGradients();
            if (DrawsDropout)
            {
                var rng = Rng.For(trainer._options.Seed, DropoutStream, (ulong)_position.Epoch, (ulong)batch.Iteration);
                TorchRuntime.Seed((long)(rng.NextUInt64() >> 1));
            }

            var logits = student.Run(images);
            var loss = soft is null
                ? logits.CrossEntropy(labels, trainer._options.LabelSmoothing)
                : Distillation.Loss(logits, soft, labels, trainer._options.Distillation, trainer._options.LabelSmoothing);
            loss.Backward();
            optimizer.Step(rate);
            return loss.Item();
        }

        private double LearningRate()
        {
            long iteration = ((long)_position.Epoch * _iterations) + _position.Iteration;
            return trainer._options.LearningRate * trainer._options.Schedule.Factor(iteration, (long)trainer._options.Epochs * _iterations);
        }

        private void Report(double rate)
        {
            long done = ((long)_position.Epoch * _iterations) + _position.Iteration;
            long left = ((long)trainer._options.Epochs * _iterations) - done;
            progress?.Report(new(
                _position.Epoch,
                trainer._options.Epochs,
                _position.Iteration,
                _iterations,
                _position.LossSum / _position.Iteration,
                rate,
                _images / _clock.Elapsed.TotalSeconds,
                _clock.Elapsed / _trainedIterations * left));
        }

        private IEnumerable<KeyValuePair<string, Tensor>> State() =>
            [.. student.Learned, .. student.Statistics, .. optimizer.Velocities.Select(entry => KeyValuePair.Create($"velocity/{entry.Key}", entry.Value))];

        private void Save()
        {
            if (trainer._data.CheckpointPath is { } path)
            {
                new Checkpoint(_position, Checkpoint.Capture(State())).Save(path);
                _sinceCheckpoint.Restart();
            }
        }

        private void Resume()
        {
            if (trainer._data.CheckpointPath is not { } path || !File.Exists(path))
            {
                return;
            }

            var checkpoint = Checkpoint.Load(path);
            if (checkpoint.Position.Fingerprint != fingerprint)
            {
                throw new CoppiceException($"Cannot resume from '{path}': it belongs to a training with other settings; repeat those, or delete the file to start anew.");
            }

            checkpoint.Restore(State());
            _position = checkpoint.Position;
        }

        /// <summary>A training that has ended needs no checkpoint, and a later one of the same name must not find it.</summary>
        private void Forget()
        {
            if (trainer._data.CheckpointPath is { } path)
            {
                File.Delete(path);
            }
        }
    }
}
