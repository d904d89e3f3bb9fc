using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Tensors;
using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Runs;

/// <summary>
/// Proves a pruned network: the original with everything zeroed that the plan removes computes what the cut network computes, in the training engine and in ONNX Runtime; both engines agree
/// on the cut network; and the file that is to be deployed is that network, weights aside where it has been fine-tuned. Of a detector, whose outputs only a run shows the shape of, and of a
/// network that ends in a softmax, the values are compared that it chooses from (<see cref="VerificationOutputs"/>), and the whole network must run.
/// Runs on the caller's thread, which should be a <see cref="ModelThread"/>.
/// </summary>
public sealed class Verification : IDisposable
{
    /// <summary>Start of the names of what is run on the original network.</summary>
    private const string Masked = "masked";

    /// <summary>End of the names of what ONNX Runtime runs.</summary>
    private const string Deployed = "onnxruntime";

    /// <summary>Roundings, all in one direction, that a chain of layers is granted where a file computes in 16 bits.</summary>
    private const int GrantedRoundings = 16;

    private readonly VerificationOptions _options;
    private readonly VerificationInputs _inputs;
    private readonly Network _sliced;
    private readonly VerificationOutputs _compared;
    private readonly Dictionary<string, VerificationEngine> _engines = [];
    private readonly Dictionary<string, (VerificationStatus Status, string Reason)> _missing = [];
    private readonly List<Comparison> _comparisons = [];
    private readonly List<VerificationCheck> _findings = [];

    private Verification(Network original, PruningPlan plan, VerificationOptions options)
    {
        options.Validate();
        _options = options;
        _inputs = new(original, options);
        var units = ChannelUnits.Analyze(original, options.InputShapes);
        _sliced = Pruner.Apply(units, plan);
        var masked = Pruner.ZeroOut(units, plan);
        _compared = VerificationOutputs.Find(masked, _sliced, options.InputShapes);
        Network from = _compared.Of(masked), to = _compared.Of(_sliced);
        PrepareTraining(Masked, from);
        PrepareTraining("sliced", to);
        // Whether ONNX Runtime takes the original is no question of ours: its refusal is the caller's to hear.
        _engines.Add("masked-onnxruntime", Deploy(from, RuntimeSession.Load(from, SessionOptions)));
        PrepareDeployment("sliced-onnxruntime", to, () => RuntimeSession.Load(to, SessionOptions));
        Compare("masked-sliced", "masked original = cut network, training engine", "sliced", Masked);
        Compare("masked-sliced-onnxruntime", "masked original = cut network, ONNX Runtime", "sliced-onnxruntime", "masked-onnxruntime");
        Compare("engines", "ONNX Runtime = training engine, cut network", "sliced-onnxruntime", "sliced");
    }

    private InferenceSessionOptions SessionOptions => new() { Threads = _options.Threads };

    /// <summary>Verifies what a plan makes of a network.</summary>
    /// <param name="original">The network that the plan is for.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="prunedFile">The ONNX file that is said to be the result, or null where there is none yet.</param>
    /// <param name="options">How thoroughly.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="CoppiceException">The plan does not fit the network, or a file cannot be read.</exception>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime is missing, or refuses the original.</exception>
    public static VerificationResult Run(Network original, PruningPlan plan, string? prunedFile, VerificationOptions options, CancellationToken cancellation)
    {
        using var verification = new Verification(original, plan, options);
        bool takesItsPlace = prunedFile is null || verification.Add(prunedFile);
        if (takesItsPlace && !verification._compared.AreOutputs)
        {
            verification.RunWhole(prunedFile);
        }

        return verification.Execute(cancellation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var engine in _engines.Values)
        {
            engine.Dispose();
        }
    }

    private static DeploymentEngine Deploy(Network network, InferenceSession session) => new(session, [.. network.Outputs.Select(output => output.Name)]);

    /// <returns>Whether the file takes and gives what the cut network does.</returns>
    private bool Add(string prunedFile)
    {
        var pruned = OnnxReader.Read(prunedFile);
        string? difference = VerificationStructure.FirstDifference(_sliced, pruned);
        _findings.Add(new("file-structure", "the file has the nodes and shapes of the cut network", difference is null ? VerificationStatus.Passed : VerificationStatus.Failed, null, difference ?? Weights(pruned)));
        if (!VerificationStructure.HaveEqualDeclarations(_sliced, pruned))
        {
            return false;
        }

        if (_compared.AreIn(pruned))
        {
            var compared = _compared.Of(pruned);
            PrepareTraining("file", compared);
            PrepareDeployment("file-onnxruntime", compared, () => _compared.AreOutputs ? InferenceSession.Load(prunedFile, SessionOptions) : RuntimeSession.Load(compared, SessionOptions));
            Compare("file-engines", "ONNX Runtime = training engine, the file", "file-onnxruntime", "file");
        }

        return true;
    }

    /// <summary>Where other values than the outputs are compared: whether the outputs can be computed all the same.</summary>
    private void RunWhole(string? prunedFile)
    {
        string? refusal = null;
        try
        {
            using var session = prunedFile is null ? RuntimeSession.Load(_sliced, SessionOptions) : InferenceSession.Load(prunedFile, SessionOptions);
            session.Run(_inputs.Draw(0).ToDictionary(input => input.Name, input => RuntimeTensors.Of(input.Value)));
        }
        catch (Exception fault) when (fault is OnnxRuntimeException or NotSupportedException)
        {
            refusal = fault.Message;
        }

        _findings.Add(new("whole-network", "the cut network computes its own outputs in ONNX Runtime", refusal is null ? VerificationStatus.Passed : VerificationStatus.Failed, null,
            refusal ?? $"they are squashed, integers, or of a shape that is not known beforehand: compared were {_compared.Count} values that they are computed from"));
    }

    private string Weights(Network pruned) => VerificationStructure.HaveEqualWeights(_sliced, pruned)
        ? "its weights are those of the original, cut"
        : "its weights differ from those of the original: tuned since";

    /// <summary>An operator that only ONNX Runtime executes leaves the checks within ONNX Runtime.</summary>
    private void PrepareTraining(string name, Network network)
    {
        try
        {
            _engines.Add(name, new TrainingEngine(network));
        }
        catch (UnsupportedModelException fault)
        {
            _missing.Add(name, (VerificationStatus.Skipped, fault.Message));
        }
    }

    private void PrepareDeployment(string name, Network network, Func<InferenceSession> load)
    {
        try
        {
            _engines.Add(name, Deploy(network, load()));
        }
        catch (OnnxRuntimeException fault)
        {
            _missing.Add(name, (VerificationStatus.Failed, fault.Message));
        }
    }

    private void Compare(string name, string description, string subject, string reference) => _comparisons.Add(new(name, description, subject, reference, new()));

    private VerificationResult Execute(CancellationToken cancellation)
    {
        for (int batch = 0; batch < _inputs.Batches; batch++)
        {
            cancellation.ThrowIfCancellationRequested();
            var inputs = _inputs.Draw(batch);
            var outputs = _engines.ToDictionary(entry => entry.Key, entry => Attempt(entry.Key, entry.Value, inputs)).Where(entry => entry.Value is not null).ToDictionary();
            foreach (var comparison in _comparisons.Where(comparison => outputs.ContainsKey(comparison.Subject) && outputs.ContainsKey(comparison.Reference)))
            {
                if (comparison.Difference.Add(outputs[comparison.Subject]!, outputs[comparison.Reference]!) is { } differing)
                {
                    _missing.TryAdd(comparison.Subject, (VerificationStatus.Failed, $"gives {differing.Length} numbers as '{_compared.Name(differing.Output)}' where {differing.Expected} are expected"));
                }
            }
        }

        return new(_options.Tolerance, _inputs.Batches * _inputs.BatchSize, [.. _comparisons.Select(Judge).Concat(_findings)]);
    }

    /// <summary>Runs a network; one that breaks down where the masked original runs has been cut wrongly.</summary>
    private float[][]? Attempt(string name, VerificationEngine engine, ImmutableArray<VerificationInput> inputs)
    {
        try
        {
            return engine.Run(inputs);
        }
        catch (Exception fault) when (!name.StartsWith(Masked, StringComparison.Ordinal) && fault is OnnxRuntimeException or TorchException)
        {
            _missing.TryAdd(name, (VerificationStatus.Failed, fault.Message));
            return null;
        }
    }

    private VerificationCheck Judge(Comparison comparison)
    {
        // A refusal outweighs a gap: a file that does not run has failed, whatever else could not be tried.
        var reasons = new[] { comparison.Subject, comparison.Reference }.Where(_missing.ContainsKey).Select(name => _missing[name]).OrderBy(missing => missing.Status).ToImmutableArray();
        if (!reasons.IsEmpty)
        {
            return new(comparison.Name, comparison.Description, reasons[0].Status, null, reasons[0].Reason);
        }

        if (comparison.Difference.IsVoid)
        {
            return new(comparison.Name, comparison.Description, VerificationStatus.Skipped, null, "both compute nothing but zeros from these inputs, which proves nothing; give images that the network answers to (--data)");
        }

        double difference = comparison.Difference.Value;
        double tolerance = Tolerance(comparison);
        return new(comparison.Name, comparison.Description, difference <= tolerance ? VerificationStatus.Passed : VerificationStatus.Failed, difference, null)
        {
            Tolerance = tolerance > _options.Tolerance ? tolerance : null,
        };
    }

    /// <summary>
    /// ONNX Runtime rounds what passes between the layers to the file's own type; the training engine computes in single precision whatever the file's, so within it the stated tolerance holds.
    /// </summary>
    private double Tolerance(Comparison comparison) => comparison.Subject.EndsWith(Deployed, StringComparison.Ordinal)
        ? Math.Max(_options.Tolerance, GrantedRoundings * CoarsestRoundoff(_sliced))
        : _options.Tolerance;

    private static double CoarsestRoundoff(Network network) =>
        network.Parameters.Values.Select(parameter => parameter.Type).Concat(network.Inputs.Select(input => input.Type)).Select(ElementTypes.RoundoffOf).DefaultIfEmpty().Max();

    private sealed record Comparison(string Name, string Description, string Subject, string Reference, VerificationDifference Difference);
}
