using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>
/// Another resolution, to stated extents or by factors. Computed one axis after the other, which is exact for the nearest neighbour and for (multi-)linear interpolation: each output
/// position takes one input position, or the weighted mean of two.
/// </summary>
internal class Resize : Operator
{
    public override string Type => "Resize";

    public override ImmutableArray<int> HostInputs => [1, 2, 3];

    /// <summary>Input position of the factors.</summary>
    protected virtual int ScalesInput(int operatorSet) => operatorSet < 11 ? 1 : 2;

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        long[]? sizes = call.Has(3) && call.OperatorSet >= 11 ? call.Integers(3) : null;
        if (sizes is { Length: 0 })
        {
            sizes = null;
        }

        int scalesInput = ScalesInput(call.OperatorSet);
        float[]? scales = call.Constant(scalesInput) is { Type: ElementType.Float32, Shape.Length: > 0 } stored ? stored.Floats().ToArray() : Stated(call.Node);
        return (sizes?.Length ?? scales?.Length) == input.Rank && call.Node.Attributes.Find("axes") is null
            ? ShapeCall.One(new([.. sizes ?? input.Extents.Select((extent, axis) => Scaled(extent, scales![axis]))]))
            : throw call.Fault($"needs a size or a factor for each axis of {input}, as constants");
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (call.Layout(0) is { } layout && call.OutputShape()[layout.Axis] != layout.Ids.Length)
        {
            call.Block("it resizes the axis of the channels");
            return;
        }

        call.PassThrough();
    }

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override Node Prune(PruneCall call)
    {
        // Behind an unknown operator nothing is kept or lost, and sizes may be computed.
        if (call.OutputKept(0) is not { } kept || kept.All(stays => stays)
            || call.Shapes.OperatorSet < 11 || !call.Shapes.Has(3) || call.Shapes.Integers(3).Length == 0)
        {
            return call.Node;
        }

        long[] sizes = call.Shapes.Integers(3);
        sizes[call.OutputAxis(0)] = kept.Count(stays => stays);
        return call.WithConstant(3, HostTensor.Vector(sizes));
    }

    public override void Execute(ExecutionCall call)
    {
        var value = call.Input(0);
        long[]? sizes = call.Has(3) && call.OperatorSet >= 11 ? call.Integers(3) : null;
        int scalesInput = ScalesInput(call.OperatorSet);
        float[]? scales = sizes is { Length: > 0 } ? null : call.Has(scalesInput) ? call.Host(scalesInput).Floats().ToArray() : Stated(call.Node);
        var sampling = ResizeSampling.Parse(call.Node, call.OperatorSet);
        long[] input = value.Shape;
        for (int axis = 1; axis < input.Length; axis++)
        {
            long output = scales is null ? sizes![axis] : Scaled(input[axis], scales[axis]);
            double scale = scales?[axis] ?? ((double)output / input[axis]);
            value = output == input[axis] && scale == 1 ? value : sampling.Apply(value, axis, output, scale);
        }

        call.Return(0, ReferenceEquals(value, call.Input(0)) ? value.Clone() : value);
    }

    /// <summary>Factors of operator set 7, an attribute.</summary>
    private static float[]? Stated(Node node) => node.Attributes.Find("scales") is FloatsAttribute stated ? [.. stated.Values] : null;

    /// <summary>As ONNX Runtime computes it, in single precision: 3 · 1.6666666 is 5.</summary>
    internal static long Scaled(long extent, float scale) => (long)MathF.Floor(extent * scale);
}

/// <summary>The older form of <see cref="Resize"/>: factors only, positions counted from the corner.</summary>
internal sealed class Upsample : Resize
{
    public override string Type => "Upsample";

    protected override int ScalesInput(int operatorSet) => 1;
}

/// <summary>Where the positions of a resized axis come from.</summary>
/// <param name="Node">The node, for errors.</param>
/// <param name="IsLinear">Whether two neighbours are mixed; otherwise the nearest one is taken.</param>
/// <param name="Coordinates">How output positions become input positions.</param>
/// <param name="Nearest">How halves are rounded.</param>
internal sealed record ResizeSampling(Node Node, bool IsLinear, string Coordinates, string Nearest)
{
    public static ResizeSampling Parse(Node node, int operatorSet)
    {
        bool isOld = node.OperatorType == "Upsample" || operatorSet < 11;
        string mode = node.Attributes.Text("mode", "nearest");
        string coordinates = isOld ? "asymmetric" : node.Attributes.Text("coordinate_transformation_mode", "half_pixel");
        string nearest = isOld ? "floor" : node.Attributes.Text("nearest_mode", "round_prefer_floor");
        bool isKnown = mode is "nearest" or "linear" && coordinates is "half_pixel" or "half_pixel_symmetric" or "pytorch_half_pixel" or "align_corners" or "asymmetric"
            && node.Attributes.Integer("antialias", 0) == 0;
        return isKnown
            ? new(node, mode == "linear", coordinates, nearest)
            : throw new UnsupportedModelException($"Cannot execute {node}: this version resizes to the nearest neighbour or linearly without antialiasing, not in mode '{mode}' with coordinates '{coordinates}'.");
    }

    /// <summary>The value with another extent along one axis.</summary>
    public Tensor Apply(Tensor value, int axis, long output, double scale)
    {
        long input = value.Size(axis);
        double[] positions = [.. Enumerable.Range(0, (int)output).Select(position => Original(position, input, output, scale))];
        if (!IsLinear)
        {
            return Take(value, axis, positions.Select(position => Math.Clamp(Rounded(position), 0, input - 1)));
        }

        double[] clamped = [.. positions.Select(position => Math.Clamp(position, 0, input - 1))];
        var left = Take(value, axis, clamped.Select(position => (long)Math.Floor(position)));
        var right = Take(value, axis, clamped.Select(position => Math.Min((long)Math.Floor(position) + 1, input - 1)));
        long[] shape = [.. Enumerable.Range(0, value.Rank).Select(other => other == axis ? output : 1)];
        var share = Tensor.FromArray([.. clamped.Select(position => (float)(position - Math.Floor(position)))], shape).To(value.DType).To(value.Device);
        return left.Add(right.Subtract(left).Multiply(share));
    }

    private static Tensor Take(Tensor value, int axis, IEnumerable<long> positions)
    {
        long[] listed = [.. positions];
        return value.IndexSelect(axis, Tensor.FromArray(listed, listed.Length).To(value.Device));
    }

    /// <summary>The position of the input that an output position stands for.</summary>
    private double Original(long position, long input, long output, double scale) => Coordinates switch
    {
        "asymmetric" => position / scale,
        "align_corners" => output == 1 ? 0 : (double)position * (input - 1) / (output - 1),
        "pytorch_half_pixel" when output == 1 => 0,
        "half_pixel_symmetric" => (input / 2.0 * (1 - (output / (scale * input)))) + ((position + 0.5) / scale) - 0.5,
        _ => ((position + 0.5) / scale) - 0.5,
    };

    private long Rounded(double position) => (long)(Nearest switch
    {
        "floor" => Math.Floor(position),
        "ceil" => Math.Ceiling(position),
        "round_prefer_ceil" => Math.Floor(position + 0.5),
        _ => Math.Ceiling(position - 0.5),
    });
}
