using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Search;
using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Runs;

/// <summary>A network whose latency is measured.</summary>
/// <param name="Name">What results call it.</param>
/// <param name="Load">Loads it into ONNX Runtime.</param>
public sealed record LatencySubject(string Name, Func<InferenceSessionOptions, InferenceSession> Load)
{
    /// <summary>A network in a file.</summary>
    public static LatencySubject OfFile(string path) => new(path, options => InferenceSession.Load(path, options));

    /// <summary>A network in memory, as its file would be.</summary>
    public static LatencySubject Of(string name, Network network) => new(name, options => RuntimeSession.Load(network, options));
}

/// <summary>Latency of one network.</summary>
/// <param name="Name">What the subject was called.</param>
/// <param name="Milliseconds">Duration of a run over the whole batch.</param>
/// <param name="ImagesPerSecond">Batch divided by the median.</param>
/// <param name="Speedup">How many times as fast as the first network: the median over rounds of the ratio of medians within a round.</param>
/// <param name="SpeedupLow">First quartile of the ratios over the rounds.</param>
/// <param name="SpeedupHigh">Third quartile.</param>
public sealed record NetworkLatency(string Name, LatencyStatistics Milliseconds, double ImagesPerSecond, double Speedup, double SpeedupLow, double SpeedupHigh);

/// <summary>Latency of networks in ONNX Runtime, with everything that it depends on.</summary>
/// <param name="Options">How it was measured.</param>
/// <param name="OnnxRuntime">Version of ONNX Runtime.</param>
/// <param name="Cpu">Name of the processor.</param>
/// <param name="Rounds">Rounds in which the networks took turns.</param>
/// <param name="Networks">The networks, in the order given.</param>
public sealed record LatencyProfile(LatencyProfileOptions Options, string OnnxRuntime, string Cpu, int Rounds, ImmutableArray<NetworkLatency> Networks)
{
    private const int MostRounds = 20;
    private const ulong Stream = 0x4C41544E;

    /// <summary>
    /// Measures networks in turns (A B A B …), a few runs each, so that whatever else the machine does meets all of them; ratios are taken within a round.
    /// </summary>
    /// <param name="subjects">At least one network.</param>
    /// <param name="options">How to measure.</param>
    /// <param name="progress">Told after each round: rounds done and rounds in all.</param>
    /// <param name="cancellation">Looked at between two runs.</param>
    /// <exception cref="CoppiceException">A file is missing, or its inputs do not fit the options.</exception>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime is missing or refuses a network.</exception>
    public static LatencyProfile Measure(
        IReadOnlyList<LatencySubject> subjects, LatencyProfileOptions options, IProgress<(long Done, long Total)>? progress, CancellationToken cancellation)
    {
        options.Validate();
        var candidates = new List<Candidate>();
        try
        {
            foreach (var subject in subjects)
            {
                candidates.Add(Candidate.Load(subject, options));
            }

            int rounds = Math.Min(MostRounds, options.Repetitions);
            Run(candidates, options, rounds, progress, cancellation);
            return new(options, OnnxRuntimeLibrary.Version, RunEnvironment.ProcessorName(), rounds, [.. candidates.Select(candidate => candidate.Summarize(candidates[0], options.Batch))]);
        }
        finally
        {
            candidates.ForEach(candidate => candidate.Session.Dispose());
        }
    }

    private static void Run(
        List<Candidate> candidates, LatencyProfileOptions options, int rounds, IProgress<(long Done, long Total)>? progress, CancellationToken cancellation)
    {
        // After a switch the caches hold the other network: one run brings this one back.
        int warmUpOfTurn = candidates.Count > 1 ? 1 : 0;
        for (int round = 0; round < rounds; round++)
        {
            int runs = (options.Repetitions * (round + 1) / rounds) - (options.Repetitions * round / rounds);
            foreach (var candidate in candidates)
            {
                int warmUp = round == 0 ? Math.Max(options.WarmUp, warmUpOfTurn) : warmUpOfTurn;
                candidate.Rounds.Add(candidate.Session.Measure(candidate.Inputs, warmUp, runs, cancellation));
            }

            progress?.Report((round + 1, rounds));
        }
    }

    /// <summary>A network that is being measured.</summary>
    private sealed record Candidate(string Name, InferenceSession Session, Dictionary<string, OnnxTensor> Inputs)
    {
        /// <summary>Durations of each round in milliseconds.</summary>
        public List<double[]> Rounds { get; } = [];

        public static Candidate Load(LatencySubject subject, LatencyProfileOptions options)
        {
            InferenceSession session;
            try
            {
                session = subject.Load(new() { Threads = options.Threads });
            }
            catch (FileNotFoundException fault)
            {
                throw new CoppiceException(fault.Message, fault);
            }

            try
            {
                var rng = Rng.For(1, Stream);
                return new(subject.Name, session, session.Inputs.ToDictionary(input => input.Name, input => Draw(input, subject.Name, options, rng)));
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }

        public NetworkLatency Summarize(Candidate first, int batch)
        {
            var statistics = LatencyStatistics.Of(Rounds.SelectMany(round => round));
            double[] ratios = [.. Rounds.Zip(first.Rounds).Select(pair => LatencyStatistics.Of(pair.Second).Median / LatencyStatistics.Of(pair.First).Median).Order()];
            return new(Name, statistics, 1000 * batch / statistics.Median, Quantile(ratios, 2), Quantile(ratios, 1), Quantile(ratios, 3));
        }

        private static double Quantile(double[] sorted, int quarters)
        {
            double position = (sorted.Length - 1) * quarters / 4.0;
            int below = (int)position;
            return below + 1 < sorted.Length ? sorted[below] + ((position - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
        }

        private static OnnxTensor Draw(TensorInfo input, string name, LatencyProfileOptions options, Rng rng)
        {
            if (!ElementTypes.IsFloatingPoint((ElementType)input.ElementType) || input.Dimensions.IsEmpty)
            {
                throw new UnsupportedModelException($"Cannot measure '{name}': its input {input} is no tensor of floating-point numbers.");
            }

            long[] shape = Shape(input, name, options);
            var values = new float[shape.Aggregate(1L, (product, extent) => checked(product * extent))];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)rng.NextGaussian();
            }

            return RuntimeTensors.Of(HostTensor.FromFloats(new(shape), values, (ElementType)input.ElementType));
        }

        private static long[] Shape(TensorInfo input, string name, LatencyProfileOptions options)
        {
            if (input.Dimensions[0] > 0 && input.Dimensions[0] != options.Batch)
            {
                throw new CoppiceException($"Cannot measure '{name}' with batch {options.Batch}: its input {input} has a batch of {input.Dimensions[0]}; use --batch {input.Dimensions[0]}.");
            }

            long[] shape = [.. input.Dimensions];
            for (int axis = 1; axis < shape.Length; axis++)
            {
                shape[axis] = shape[axis] > 0 ? shape[axis] : OpenExtent(input, axis, name, options);
            }

            shape[0] = options.Batch;
            return shape;
        }

        private static long OpenExtent(TensorInfo input, int axis, string name, LatencyProfileOptions options) =>
            options.InputShape is { } given && given.Rank == input.Dimensions.Length
                ? given[axis]
                : throw new CoppiceException($"Cannot measure '{name}': the file leaves its input open ({input}); give --input-shape, as in 1x3x224x224.");
    }
}
