using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>
/// Another resolution, to stated extents or by factors. Computed one axis after the other, which is exact for the nearest neighbour and for (multi-)linear and (bi)cubic interpolation: each
/// output position takes one input position, or the weighted mean of two or four.
/// </summary>
internal class Resize : Operator
{
    public override string Type => "Resize";

    public override ImmutableArray<int> HostInputs => [1, 2, 3];

    /// <summary>Input position of the factors.</summary>
    protected virtual int ScalesInput(int operatorSet) => operatorSet < 11 ? 1 : 2;

    /// <summary>A crop by regions of interest, and an aspect ratio kept across all axes, channels among them, are no resizing of images.</summary>
    public override bool Covers(Node node) => Text(node, "coordinate_transformation_mode") is not "tf_crop_and_resize"
        && (Text(node, "keep_aspect_ratio_policy") is "" or "stretch" || node.Attributes.Find("axes") is not null);

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        int scalesInput = ScalesInput(call.OperatorSet);
        float[]? scales = call.Constant(scalesInput) is { Type: ElementType.Float32, Shape.Length: > 0 } stored ? stored.Floats().ToArray() : Stated(call.Node);
        long[]? sizes = call.Has(3) && call.OperatorSet >= 11 ? call.Integers(3) : null;
        return ShapeCall.One(new([.. ResizeTarget.Of(call.Node, input.Extents, sizes, scales).Extents]));
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
        int position = Array.IndexOf(ResizeTarget.Axes(call.Node, call.Shapes.Shape(0).Rank), call.OutputAxis(0));
        if (position < 0)
        {
            return call.Node;
        }

        sizes[position] = kept.Count(stays => stays);
        return call.WithConstant(3, HostTensor.Vector(sizes));
    }

    public override void Execute(ExecutionCall call)
    {
        var value = call.Input(0);
        long[]? sizes = call.Has(3) && call.OperatorSet >= 11 ? call.Integers(3) : null;
        int scalesInput = ScalesInput(call.OperatorSet);
        float[]? scales = sizes is { Length: > 0 } ? null : call.Has(scalesInput) ? call.Host(scalesInput).Floats().ToArray() : Stated(call.Node);
        var sampling = ResizeSampling.Parse(call.Node, call.OperatorSet);
        var (extents, factors) = ResizeTarget.Of(call.Node, [.. value.Shape], sizes, scales);
        for (int axis = 1; axis < extents.Length; axis++)
        {
            value = extents[axis] == value.Size(axis) && factors[axis] == 1 ? value : sampling.Apply(value, axis, extents[axis], factors[axis]);
        }

        call.Return(0, ReferenceEquals(value, call.Input(0)) ? value.Clone() : value);
    }

    /// <summary>Factors of operator set 7, an attribute.</summary>
    private static float[]? Stated(Node node) => node.Attributes.Find("scales") is FloatsAttribute stated ? [.. stated.Values] : null;

    private static string Text(Node node, string attribute) => node.Attributes.Text(attribute, "");
}

/// <summary>The older form of <see cref="Resize"/>: factors only, positions counted from the corner.</summary>
internal sealed class Upsample : Resize
{
    public override string Type => "Upsample";

    protected override int ScalesInput(int operatorSet) => 1;
}

/// <summary>Extent and factor of each axis of what a <see cref="Resize"/> gives.</summary>
internal readonly record struct ResizeTarget(long[] Extents, double[] Factors)
{
    /// <summary>The axes that the sizes or factors stand for: all, or since operator set 18 those that are stated.</summary>
    /// <exception cref="UnsupportedModelException">There is no such axis.</exception>
    public static int[] Axes(Node node, int rank) =>
        node.Attributes.Integers("axes") is { } stated ? [.. stated.Select(axis => node.Axis(axis, rank))] : [.. Enumerable.Range(0, rank)];

    /// <summary>Reads what the node states, sizes before factors.</summary>
    /// <param name="node">The node.</param>
    /// <param name="input">Extents of its input.</param>
    /// <param name="sizes">Stated sizes; null or empty for none.</param>
    /// <param name="scales">Stated factors, or null.</param>
    /// <exception cref="UnsupportedModelException">There are not as many as axes, or they give no extents.</exception>
    public static ResizeTarget Of(Node node, ImmutableArray<long> input, long[]? sizes, float[]? scales)
    {
        int[] axes = Axes(node, input.Length);
        sizes = sizes is { Length: 0 } ? null : sizes;
        if ((sizes?.Length ?? scales?.Length) != axes.Length || (sizes is null && !scales!.All(scale => scale > 0)))
        {
            throw new UnsupportedModelException($"Cannot use {node}: it needs a size or a positive factor for each of {axes.Length} axes, as constants.");
        }

        ResizeTarget target = new([.. input], [.. input.Select(_ => 1.0)]);
        double common = sizes is null ? 1 : Common(node.Attributes.Text("keep_aspect_ratio_policy", "stretch"), axes.Select((axis, i) => (double)sizes[i] / input[axis]));
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = axes[i];
            target.Extents[axis] = sizes is null ? Scaled(input[axis], scales![i]) : double.IsNaN(common) ? sizes[i] : (long)Math.Floor((common * input[axis]) + 0.5);
            target.Factors[axis] = sizes is null ? scales![i] : double.IsNaN(common) ? (double)sizes[i] / input[axis] : common;
        }

        return target.Extents.All(extent => extent is >= 0 and <= int.MaxValue) ? target : throw new UnsupportedModelException(
            $"Cannot use {node}: it resizes [{string.Join(", ", input)}] to [{string.Join(", ", target.Extents)}], which are no extents from 0 to {int.MaxValue}.");
    }

    /// <summary>As ONNX Runtime computes it, in single precision: 3 · 1.6666666 is 5.</summary>
    public static long Scaled(long extent, float scale) => (long)MathF.Floor(extent * scale);

    /// <summary>The one factor of all axes where the aspect ratio is kept, NaN where each has its own.</summary>
    private static double Common(string policy, IEnumerable<double> factors) => policy switch
    {
        "not_larger" => factors.Min(),
        "not_smaller" => factors.Max(),
        _ => double.NaN,
    };
}

/// <summary>Where the positions of a resized axis come from.</summary>
/// <param name="Mode">Whether the nearest position is taken, or 2 (linear) or 4 (cubic) neighbours are mixed.</param>
/// <param name="Coordinates">How output positions become input positions.</param>
/// <param name="Nearest">How halves are rounded.</param>
/// <param name="CubicCoefficient">The a of Keys' cubic convolution (1981).</param>
/// <param name="ExcludesOutside">Whether cubic weights of positions outside of the image count for nothing; otherwise the edge stands for them.</param>
internal sealed record ResizeSampling(string Mode, string Coordinates, string Nearest, double CubicCoefficient, bool ExcludesOutside)
{
    public static ResizeSampling Parse(Node node, int operatorSet)
    {
        bool isOld = node.OperatorType == "Upsample" || operatorSet < 11;
        string mode = node.Attributes.Text("mode", "nearest");
        string coordinates = isOld ? "asymmetric" : node.Attributes.Text("coordinate_transformation_mode", "half_pixel");
        string nearest = isOld ? "floor" : node.Attributes.Text("nearest_mode", "round_prefer_floor");
        bool isKnown = mode is "nearest" or "linear" or "cubic" && coordinates is "half_pixel" or "half_pixel_symmetric" or "pytorch_half_pixel" or "align_corners" or "asymmetric"
            && node.Attributes.Integer("antialias", 0) == 0;
        return isKnown
            ? new(mode, coordinates, nearest, node.Attributes.Float("cubic_coeff_a", -0.75f), node.Attributes.Integer("exclude_outside", 0) != 0)
            : throw new UnsupportedModelException($"Cannot execute {node}: this version resizes to the nearest neighbour, linearly or cubically without antialiasing, not in mode '{mode}' with coordinates '{coordinates}'.");
    }

    /// <summary>The value with another extent along one axis.</summary>
    public Tensor Apply(Tensor value, int axis, long output, double scale)
    {
        long input = value.Size(axis);
        double[] positions = [.. Enumerable.Range(0, (int)output).Select(position => Original(position, input, output, scale))];
        return Mode switch
        {
            "nearest" => Take(value, axis, positions.Select(position => Math.Clamp(Rounded(position), 0, input - 1))),
            "linear" => Linear(value, axis, [.. positions.Select(position => Math.Clamp(position, 0, input - 1))]),
            _ => Cubic(value, axis, positions),
        };
    }

    private static Tensor Linear(Tensor value, int axis, double[] positions)
    {
        long last = value.Size(axis) - 1;
        var left = Take(value, axis, positions.Select(position => (long)Math.Floor(position)));
        var right = Take(value, axis, positions.Select(position => Math.Min((long)Math.Floor(position) + 1, last)));
        return left.Add(right.Subtract(left).Multiply(Along(value, axis, positions.Select(position => position - Math.Floor(position)))));
    }

    private Tensor Cubic(Tensor value, int axis, double[] positions)
    {
        long last = value.Size(axis) - 1;
        Tensor? sum = null;
        for (int tap = -1; tap <= 2; tap++)
        {
            int offset = tap;
            var term = Take(value, axis, positions.Select(position => Math.Clamp((long)Math.Floor(position) + offset, 0, last)))
                .Multiply(Along(value, axis, positions.Select(position => Weight(position, offset, last) / Enumerable.Range(-1, 4).Sum(other => Weight(position, other, last)))));
            sum = sum?.Add(term) ?? term;
        }

        return sum!;
    }

    /// <summary>Keys' cubic kernel at the distance of a neighbour.</summary>
    private double Weight(double position, int tap, long last)
    {
        double neighbour = Math.Floor(position) + tap, distance = Math.Abs(position - neighbour), a = CubicCoefficient;
        return ExcludesOutside && (neighbour < 0 || neighbour > last) ? 0
            : distance <= 1 ? ((((a + 2) * distance) - (a + 3)) * distance * distance) + 1
            : (((((distance - 5) * distance) + 8) * distance) - 4) * a;
    }

    /// <summary>Numbers for the positions of one axis.</summary>
    private static Tensor Along(Tensor value, int axis, IEnumerable<double> numbers)
    {
        float[] listed = [.. numbers.Select(number => (float)number)];
        long[] shape = [.. Enumerable.Range(0, value.Rank).Select(other => other == axis ? (long)listed.Length : 1)];
        return Tensor.FromArray(listed, shape).To(value.DType).To(value.Device);
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
