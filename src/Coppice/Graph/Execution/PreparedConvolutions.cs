using Coppice.Graph.Operators;
using Coppice.Tensors;

namespace Coppice.Graph.Execution;

/// <summary>
/// The convolutions of a program, each prepared when it first runs: only then are the input's extents known, on which padding may depend (<c>auto_pad</c>).
/// Weights are those of that moment. Layers with the same weights and settings, as the candidates of a walk have many, share a kernel. Owns the kernels.
/// </summary>
internal sealed class PreparedConvolutions(ParameterStore parameters, Precision precision) : IDisposable
{
    private readonly Dictionary<string, (long[] Extents, SpatialWindow Window, PackedConvolution Kernel)> _known = [];
    private readonly Dictionary<Settings, PackedConvolution> _kernels = [];

    /// <summary>Whether a program with these options runs prepared convolutions.</summary>
    public static bool AreUsed(ProgramOptions options) =>
        options is { Mode: not ExecutionMode.Training, Device.IsCuda: false, AllowsPreparedConvolutions: true }
        && PackedConvolution.Supports(options.Precision == Precision.BFloat16 ? DType.BFloat16 : DType.Float32);

    /// <summary>act(conv(input) [+ residual]).</summary>
    public Tensor Run(ConvolutionStep step, Tensor input, Tensor? residual) =>
        KernelFor(step, input.Shape[2..]).Run(input, residual, step.Epilogue.Residual is { } name && step.Overwritable.Contains(name));

    public void Dispose()
    {
        foreach (var kernel in _kernels.Values)
        {
            kernel.Dispose();
        }
    }

    private PackedConvolution KernelFor(ConvolutionStep step, long[] extents)
    {
        bool isKnown = _known.TryGetValue(step.Layer.Name, out var known);
        if (isKnown && known.Extents.AsSpan().SequenceEqual(extents))
        {
            return known.Kernel;
        }

        var weight = parameters.InPrecision(step.Layer.Inputs[1], precision);
        var window = SpatialWindow.Parse(step.Layer, weight.Shape.AsSpan(2), extents);
        var kernel = isKnown && known.Window == window ? known.Kernel : Prepare(step, weight, window);
        _known[step.Layer.Name] = (extents, window, kernel);
        return kernel;
    }

    private PackedConvolution Prepare(ConvolutionStep step, Tensor weight, SpatialWindow window)
    {
        var settings = new Settings(step.Layer.Inputs[1], step.Layer.Input(2), window, Conv.Groups(step.Layer), step.Epilogue.EndsWithRelu);
        if (!_kernels.TryGetValue(settings, out var kernel))
        {
            _kernels.Add(settings, kernel = new(
                weight,
                settings.Bias is { } bias ? parameters.Master(bias) : null,
                [window.Stride.Rows, window.Stride.Columns],
                [window.PadBegin.Top, window.PadBegin.Left],
                [window.PadEnd.Bottom, window.PadEnd.Right],
                [window.Dilation.Rows, window.Dilation.Columns],
                settings.Groups,
                settings.Relu));
        }

        return kernel;
    }

    private sealed record Settings(string Weight, string? Bias, SpatialWindow Window, long Groups, bool Relu);
}
