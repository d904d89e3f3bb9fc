using System.Collections.Immutable;
using Coppice.Graph.Operators;
using Coppice.Tensors;

namespace Coppice.Graph.Execution;

/// <summary>
/// A network compiled for the training engine: parameters on the device in the fastest memory order, batch-norm folded or fused, values freed at their last use.
/// Not thread-safe; run it on one thread at a time, of a <see cref="ModelThread"/>.
/// </summary>
public sealed class NetworkProgram : IDisposable
{
    private readonly Network _network;
    private readonly ProgramOptions _options;
    private readonly ImmutableArray<ProgramStep> _steps;
    private readonly StepDemand _demand;
    private readonly ParameterStore _parameters;
    private readonly PreparedConvolutions _convolutions;
    private readonly int? _imagesPerSlice;

    private NetworkProgram(Network network, ProgramOptions options)
    {
        _network = network;
        _options = options;
        _steps = ProgramCompiler.Compile(network, options.Mode, PreparedConvolutions.AreUsed(options));
        _demand = new(network, _steps);
        _parameters = new(network, options);
        _convolutions = new(_parameters, options.Precision);
        _imagesPerSlice = options.Mode != ExecutionMode.Evaluation ? null : options.ImagesPerSlice ?? BatchSlicing.ImagesPerSlice(network, options);
    }

    /// <summary>
    /// Share of the batch's statistics in the running ones during training and recalibration; null for what each node of the file states.
    /// 1 / k for the k-th batch makes the running statistics the mean over batches.
    /// </summary>
    public double? BatchNormMomentum { get; set; }

    /// <summary>The learned parameters by name, in the order of first use; gradients are theirs.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Learned => _parameters.Roles.Learned.Select(name => KeyValuePair.Create(name, _parameters.Master(name)));

    /// <summary>The running statistics by name.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Statistics => _parameters.Roles.Statistics.Select(name => KeyValuePair.Create(name, _parameters.Master(name)));

    /// <summary>Whether the network holds batch normalisation.</summary>
    public bool HasStatistics => _parameters.Roles.Statistics.Count > 0;

    /// <summary>Compiles a network.</summary>
    /// <exception cref="UnsupportedModelException">An operator cannot be executed.</exception>
    public static NetworkProgram Compile(Network network, ProgramOptions options) =>
        new(options.Mode == ExecutionMode.Evaluation ? BatchNormFolding.Apply(network) : network, options);

    /// <summary>Runs a network of one input and one output.</summary>
    /// <param name="images">[N, C, H, W], single precision.</param>
    /// <param name="cancellation">Stops between operators.</param>
    /// <returns>[N, classes], single precision; the caller's to dispose.</returns>
    public Tensor Run(Tensor images, CancellationToken cancellation = default) => _network.Outputs.Length == 1
        ? RunAll(images, cancellation)[0]
        : throw new UnsupportedModelException($"Cannot run '{_network.Name}' on images: it has {_network.Outputs.Length} outputs, not one.");

    /// <summary>Runs a network of one input.</summary>
    /// <param name="images">[N, C, H, W], single precision.</param>
    /// <param name="cancellation">Stops between operators; statistics have then been updated in part.</param>
    /// <returns>The outputs in single precision, in the order of the network's outputs; the caller's to dispose.</returns>
    public ImmutableArray<Tensor> RunAll(Tensor images, CancellationToken cancellation = default) => RunSome(images, wanted: null, cancellation);

    /// <summary>Runs as much of a network of one input as some of its outputs need.</summary>
    /// <param name="images">[N, C, H, W], single precision.</param>
    /// <param name="wanted">Positions of outputs; null for all.</param>
    /// <param name="cancellation">Stops between operators.</param>
    /// <returns>Those outputs in single precision, in the order asked for; the caller's to dispose.</returns>
    internal ImmutableArray<Tensor> RunSome(Tensor images, int[]? wanted, CancellationToken cancellation)
    {
        if (_network.Inputs.Length != 1)
        {
            throw new UnsupportedModelException($"Cannot run '{_network.Name}' on images: it has {_network.Inputs.Length} inputs, not one.");
        }

        return _imagesPerSlice is { } slice && images.Size(0) > slice ? RunInSlices(images, slice, wanted, cancellation) : RunOne(images, wanted, cancellation);
    }

    /// <summary>Runs the network.</summary>
    /// <param name="inputs">A tensor for each input of the network.</param>
    /// <returns>The outputs in single precision, in the order of the network's outputs; the caller's to dispose.</returns>
    public ImmutableArray<Tensor> Run(IReadOnlyDictionary<string, Tensor> inputs) => Run(inputs, taps: null, wanted: null, CancellationToken.None);

    /// <summary>Runs a network of one input on a whole batch, and shows some of its values as they are computed; none of them outlives its last use for that.</summary>
    /// <param name="images">[N, C, H, W], single precision.</param>
    /// <param name="taps">By value: what looks at it. A value in the middle of a fused chain is not seen.</param>
    /// <param name="cancellation">Stops between operators.</param>
    internal void Visit(Tensor images, IReadOnlyDictionary<string, Action<Tensor>> taps, CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        Run(new Dictionary<string, Tensor> { [_network.Inputs[0].Name] = images }, taps, wanted: null, cancellation);
    }

    private ImmutableArray<Tensor> Run(IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyDictionary<string, Action<Tensor>>? taps, int[]? wanted, CancellationToken cancellation)
    {
        var needed = wanted is null ? null : _demand.StepsFor(wanted);
        using var gradients = _options.Mode == ExecutionMode.Training ? null : GradMode.Disable();
        using var scope = new TensorScope();
        var values = _network.Inputs.ToDictionary(input => input.Name, input => Prepare(Given(inputs, input)));
        foreach (var (position, step) in _steps.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            if (needed is null || needed[position])
            {
                Execute(step, values);
            }

            foreach (string value in taps is null ? [] : step.Node.Outputs)
            {
                taps!.GetValueOrDefault(value)?.Invoke(values[value]);
            }

            foreach (string value in step.LastReads)
            {
                // An operator that worked in place handed its input on as its output.
                if (values.Remove(value, out var dead) && !values.ContainsValue(dead))
                {
                    dead.Dispose();
                }
            }
        }

        var outputs = wanted is null ? _network.Outputs : wanted.Select(output => _network.Outputs[output]);
        return [.. outputs.Select(output => scope.MoveToOuter(values[output.Name].To(DType.Float32)))];
    }

    private Tensor Given(IReadOnlyDictionary<string, Tensor> inputs, NetworkValue input) => inputs.TryGetValue(input.Name, out var tensor)
        ? tensor
        : throw new ArgumentException($"Cannot run '{_network.Name}': no tensor is given for its input '{input.Name}'.", nameof(inputs));

    private ImmutableArray<Tensor> RunOne(Tensor images, int[]? wanted, CancellationToken cancellation) =>
        Run(new Dictionary<string, Tensor> { [_network.Inputs[0].Name] = images }, taps: null, wanted, cancellation);

    private ImmutableArray<Tensor> RunInSlices(Tensor images, int slice, int[]? wanted, CancellationToken cancellation)
    {
        using var gradients = GradMode.Disable();
        using var scope = new TensorScope();
        var slices = new List<ImmutableArray<Tensor>>();

        // Of one size as far as that goes: a last slice of a few images costs nearly as much as a full one.
        long all = images.Size(0), count = (all + slice - 1) / slice;
        slice = (int)((all + count - 1) / count);
        for (long start = 0; start < images.Size(0); start += slice)
        {
            slices.Add(RunOne(images.Narrow(0, start, Math.Min(slice, images.Size(0) - start)), wanted, cancellation));
        }

        return [.. Enumerable.Range(0, wanted?.Length ?? _network.Outputs.Length).Select(output => scope.MoveToOuter(Tensor.Cat([.. slices.Select(outputs => outputs[output])], 0)))];
    }

    /// <summary>The network with the present running statistics.</summary>
    public Network CaptureStatistics() => _parameters.Capture(_parameters.Roles.Statistics);

    /// <summary>The network with the present values of learned parameters and running statistics.</summary>
    public Network Capture() => _parameters.Capture(_parameters.Roles.Learned.Concat(_parameters.Roles.Statistics));

    /// <inheritdoc/>
    public void Dispose()
    {
        _convolutions.Dispose();
        _parameters.Dispose();
    }

    private Tensor Prepare(Tensor input)
    {
        var tensor = input.To(_options.Device);
        if (_options.Precision == Precision.BFloat16 && tensor.DType == DType.Float32)
        {
            tensor = tensor.To(DType.BFloat16);
        }

        return tensor.Rank == 4 ? tensor.Contiguous(MemoryFormat.ChannelsLast) : tensor;
    }

    private void Execute(ProgramStep step, Dictionary<string, Tensor> values)
    {
        switch (step)
        {
            case OperatorStep single:
                single.Operator.Execute(new Call(this, single, values));
                break;
            case ConvolutionStep convolution:
                values[step.Node.Outputs[0]] = _convolutions.Run(convolution, values[convolution.Layer.Inputs[0]], Residual(convolution, values));
                break;
            case BatchNormStep norm:
                values[step.Node.Outputs[0]] = Normalise(norm, values);
                break;
        }
    }

    private static Tensor? Residual(FusedStep step, Dictionary<string, Tensor> values) => step.Epilogue.Residual is { } name ? values[name] : null;

    private Tensor Normalise(BatchNormStep step, Dictionary<string, Tensor> values)
    {
        var node = step.Layer;
        return values[node.Inputs[0]].BatchNormAct(
            _parameters.Master(node.Inputs[1]),
            _parameters.Master(node.Inputs[2]),
            _parameters.Master(node.Inputs[3]),
            _parameters.Master(node.Inputs[4]),
            _options.Mode != ExecutionMode.Evaluation,
            BatchNormMomentum ?? BatchNormalization.Momentum(node),
            BatchNormalization.Epsilon(node),
            step.Epilogue.EndsWithRelu,
            Residual(step, values),
            unbiased: _options.Mode == ExecutionMode.Training,
            step.Overwritable.Contains(node.Inputs[0]));
    }

    private sealed class Call(NetworkProgram program, OperatorStep step, Dictionary<string, Tensor> values) : ExecutionCall
    {
        public override Node Node => step.Node;

        public override int OperatorSet => program._network.OperatorSet;

        public override bool IsTraining => program._options.Mode == ExecutionMode.Training;

        public override long Images => program._network.Inputs is [var first, ..] && values.GetValueOrDefault(first.Name) is { Rank: > 0 } images ? images.Size(0) : 1;

        public override Tensor Input(int index)
        {
            string name = step.Node.Inputs[index];
            if (program._parameters.Contains(name))
            {
                bool cast = step.Operator.CastsParameters && !step.InSinglePrecision;
                return program._parameters.InPrecision(name, cast ? program._options.Precision : Precision.Float32);
            }

            return step.InSinglePrecision ? values[name].To(DType.Float32) : values[name];
        }

        public override bool IsConstant(int index) => program._network.Parameters.ContainsKey(step.Node.Inputs[index]);

        public override HostTensor Host(int index) => program._network.Parameters.TryGetValue(step.Node.Inputs[index], out var value)
            ? value
            : HostTensors.Fetch(values[step.Node.Inputs[index]]);

        public override bool MayOverwrite(int index) => step.Overwritable.Contains(step.Node.Inputs[index]);

        public override void Return(int index, Tensor value) => values[step.Node.Outputs[index]] = value;
    }
}
