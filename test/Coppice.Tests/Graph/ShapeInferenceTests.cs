using Coppice.Graph;
using Coppice.Tests.Oracles;

namespace Coppice.Tests.Graph;

public class ShapeInferenceTests
{
    [Theory]
    [InlineData("7x9 kernel 3", 7, 9, 3, "", "", "", "", false, "1x4x5x7")]
    [InlineData("stride 2, asymmetric pads: (7 + 1 - 3) / 2 + 1 = 3; (9 + 2 - 3) / 2 + 1 = 5", 7, 9, 3, "2 2", "1 0 0 2", "", "", false, "1x4x3x5")]
    [InlineData("dilation 2 makes the window 5 wide: 7 - 5 + 1 = 3; 9 - 5 + 1 = 5", 7, 9, 3, "", "", "2 2", "", false, "1x4x3x5")]
    [InlineData("SAME_UPPER: ceil(7 / 2) = 4, ceil(9 / 2) = 5", 7, 9, 3, "2 2", "", "", "SAME_UPPER", false, "1x4x4x5")]
    [InlineData("SAME_LOWER has the same extents", 7, 9, 4, "3 3", "", "", "SAME_LOWER", false, "1x4x3x3")]
    [InlineData("VALID pads nothing, whatever pads say", 7, 9, 3, "2 2", "", "", "VALID", false, "1x4x3x4")]
    public void Convolution_has_hand_worked_extents(string why, int rows, int columns, int kernel, string strides, string pads, string dilations, string autoPad, bool ceil, string expected) =>
        Assert.Equal(expected, WindowShape("Conv", why, rows, columns, kernel, strides, pads, dilations, autoPad, ceil));

    [Theory]
    [InlineData("floor((7 - 2) / 2) + 1 = 3", 7, 7, 2, "2 2", "", "", "", false, "1x3x3x3")]
    [InlineData("ceil((7 - 2) / 2) + 1 = 4", 7, 7, 2, "2 2", "", "", "", true, "1x3x4x4")]
    [InlineData("a fifth window would start at 8, in the padding behind row 6 + 1: dropped", 7, 7, 1, "2 2", "1 1 1 1", "", "", true, "1x3x4x4")]
    [InlineData("3x3 stride 2 pad 1, ResNet's stem: (112 + 2 - 3) / 2 + 1 = 56", 112, 112, 3, "2 2", "1 1 1 1", "", "", false, "1x3x56x56")]
    public void Pooling_has_hand_worked_extents(string why, int rows, int columns, int kernel, string strides, string pads, string dilations, string autoPad, bool ceil, string expected)
    {
        Assert.Equal(expected, WindowShape("MaxPool", why, rows, columns, kernel, strides, pads, dilations, autoPad, ceil));
        Assert.Equal(expected, WindowShape("AveragePool", why, rows, columns, kernel, strides, pads, dilations, autoPad, ceil));
    }

    [Fact]
    public void Other_operators_have_hand_worked_shapes()
    {
        var draw = new Draw(channels: 4, rows: 6, columns: 5);
        var shapes = new Dictionary<string, string>
        {
            [draw.Concat("concat", "x", "x", "x")] = "1x12x6x5",
            [draw.Node("rows", "Concat", ["x", "x"], attributes => attributes.With("axis", -2L))] = "1x4x12x5",
            [draw.Node("slice", "Slice", ["x", draw.Constant("starts", 1, -5), draw.Constant("ends", 3, int.MaxValue), draw.Constant("axes", 1, -1), draw.Constant("steps", 1, 2)])] = "1x2x6x3",
            [draw.Node("oldslice", "Slice", ["x"], attributes => attributes.With("starts", [0, 1]).With("ends", [1, 4]))] = "1x3x6x5",
            [draw.Node("pad", "Pad", ["x", draw.Constant("pads", 0, 1, 2, 3, 0, 4, 0, 0)])] = "1x9x8x8",
            [draw.Node("padaxes", "Pad", ["x", draw.Constant("two", 1, 2), "", draw.Constant("axis", -1)])] = "1x4x6x8",
            [draw.Flatten("flatten", "x")] = "1x120",
            [draw.Node("flat3", "Flatten", ["x"], attributes => attributes.With("axis", 3L))] = "24x5",
            [draw.Node("reshape", "Reshape", ["x", draw.Constant("target", 0, -1)])] = "1x120",
            [draw.Node("cube", "Reshape", ["x", draw.Constant("cubed", 0, 2, -1, 5)])] = "1x2x12x5",
            [draw.Node("mean", "ReduceMean", ["x"], attributes => attributes.With("axes", [2, -1]).With("keepdims", 0L))] = "1x4",
            [draw.Node("kept", "ReduceMean", ["x", draw.Constant("last", 3)])] = "1x4x6x1",
            [draw.GlobalAverage("average", "x")] = "1x4x1x1",
            [draw.Node("broadcast", "Mul", ["x", draw.Weight("vector", 4, 1, 1)])] = "1x4x6x5",
            [draw.Node("bigger", "Add", [draw.Weight("wide", 2, 4, 6, 5), "x"])] = "2x4x6x5",
            [draw.Gemm("gemm", "flatten", 7, transposed: false)] = "1x7",
            [draw.Node("softmax", "Softmax", ["gemm"])] = "1x7",
        };

        Assert.Equal(shapes.Values, shapes.Keys.Select(name => draw.Shape(name).ToString()));
    }

    [Fact]
    public void Shapes_of_generated_networks_are_those_of_onnx_itself()
    {
        var network = NetworkGenerator.FromChoices([0, 11, 3, 22, 5, 33, 7, 8]);

        var theirs = OnnxOracle.Shapes(network);

        var ours = ShapeInference.Infer(network);
        Assert.Equal(network.Nodes.Length, theirs.Count);
        Assert.All(theirs, entry => Assert.Equal(entry.Value, ours[entry.Key].ToString()));
    }

    [Fact]
    public void Values_behind_an_unknown_operator_have_no_shape()
    {
        var draw = new Draw();
        draw.Node("mystery", "Mystery", ["x"]);
        draw.Node("after", "Relu", ["mystery"]);

        var shapes = ShapeInference.Infer(draw.Build("after"));

        Assert.Equal(["x"], shapes.Keys);
    }

    public static TheoryData<string, string[], Func<NodeAttributes, NodeAttributes>, string> Faults => new()
    {
        { "Conv", ["x", "w"], attributes => attributes.With("group", 0L), "Cannot infer the shape of Conv 'bad': it has 0 groups; at least 1 is needed." },
        { "Conv", ["x", "w"], attributes => attributes.With("group", 2L), "Cannot infer the shape of Conv 'bad': it takes 6 channels (2 groups of 3, 4 filters), not 3." },
        { "Conv", ["x", "w"], attributes => attributes.With("strides", [0, 1]), "Cannot use Conv 'bad': kernel [1, 1], strides [0, 1] and dilations [1, 1] must be at least 1." },
        { "Conv", ["x", "w"], attributes => attributes.With("pads", [1, 1]), "Cannot use Conv 'bad': its pads must be 4 numbers from 0 on, not [1, 1]." },
        { "Conv", ["x"], attributes => attributes, "Cannot infer the shape of Conv 'bad': it needs an input at position 1." },
        { "MaxPool", ["x"], attributes => attributes.With("kernel_shape", [9, 9]), "Cannot infer the shape of MaxPool 'bad': a 9x9 window does not fit an input of 8x8; give a larger --input-shape." },
        { "MaxPool", ["x"], attributes => attributes, "Cannot use MaxPool 'bad': it works on 0 of 2 spatial axes; this version takes 1 or 2." },
        { "Concat", ["x", "w"], attributes => attributes, "Cannot infer the shape of Concat 'bad': it cannot join 1x3x8x8 and 4x3x1x1 along axis 1." },
        { "Concat", ["x"], attributes => attributes.With("axis", 4L), "Cannot use Concat 'bad': it has axis 4, outside of [-4, 4)." },
        { "Flatten", ["x"], attributes => attributes.With("axis", 5L), "Cannot use Flatten 'bad': it has axis 5, outside of [-4, 4)." },
        { "Slice", ["x"], attributes => attributes.With("starts", [0, 0]).With("ends", [1]), "Cannot use Slice 'bad': its starts, ends, axes and steps differ in number, which this version does not take." },
        { "Slice", ["x", "w", "w"], attributes => attributes, "Cannot infer the shape of Slice 'bad': it needs integers at input 1, not Float32." },
        { "Pad", ["x"], attributes => attributes.With("pads", [0, 0, -9, 0, 0, 0, 0, 0]), "Cannot infer the shape of Pad 'bad': it crops more than there is of 1x3x8x8." },
        { "Pad", ["x"], attributes => attributes.With("pads", [0, 1L << 62, 0, 0, 0, 0, 1L << 61, 0]), "Cannot infer the shape of Pad 'bad': it gives 1x4611686018427387907x2305843009213693960x8, more elements than 64 bits can count; give a smaller --input-shape." },
        { "Pad", ["x"], attributes => attributes.With("pads", [0, 1L << 30, 0, 0, 0, 0, 0, 0]), "Cannot infer the shape of Pad 'bad': it gives 1x1073741827x8x8, whose channels or features are not from 1 to 8388608." },
        { "Gemm", ["x", "w"], attributes => attributes, "Cannot infer the shape of Gemm 'bad': it takes 2 axes at input 0, not 4 (1x3x8x8)." },
        { "Add", ["x", "v"], attributes => attributes, "Cannot infer the shape of Add 'bad': it cannot broadcast 1x3x8x8 with 5." },
        { "Reshape", ["x", "t"], attributes => attributes, "Cannot infer the shape of Reshape 'bad': it cannot give 192 elements (1x3x8x8) the shape [7, -1]." },
        { "Squeeze", ["x"], attributes => attributes.With("axes", [-5L]), "Cannot use Squeeze 'bad': it has axis -5, outside of [-4, 4)." },
        { "Resize", ["x", "", "", "n"], attributes => attributes, "Cannot use Resize 'bad': it resizes [1, 3, 8, 8] to [1, 3, -2, 8], which are no extents from 0 to 2147483647." },
        { "Resize", ["x", "", "f"], attributes => attributes, "Cannot use Resize 'bad': it needs a size or a positive factor for each of 4 axes, as constants." },
        { "Resize", ["x", "", "", "t"], attributes => attributes, "Cannot use Resize 'bad': it needs a size or a positive factor for each of 4 axes, as constants." },
        { "Resize", ["x", "", "", "t"], attributes => attributes.With("axes", [2L, 4L]), "Cannot use Resize 'bad': it has axis 4, outside of [-4, 4)." },
        { "ConvTranspose", ["x", "k"], attributes => attributes.With("output_shape", [8L]), "Cannot use ConvTranspose 'bad': its output_shape must name 2 extents up to 2147483647, not [8]." },
        { "DepthToSpace", ["x"], attributes => attributes.With("blocksize", 1L << 32), "Cannot infer the shape of DepthToSpace 'bad': it cannot turn 3 channels into blocks of 4294967296 x 4294967296." },
        { "SpaceToDepth", ["x"], attributes => attributes.With("blocksize", 1L << 32), "Cannot infer the shape of SpaceToDepth 'bad': it cannot divide 1x3x8x8 into blocks of 4294967296 x 4294967296." },
        { "Range", ["v1", "v9", "v0"], attributes => attributes, "Cannot use Range 'bad': from 1 to 9 by 0 it gives no whole number of elements up to 2147483647." },
        { "Range", ["v1", "v9"], attributes => attributes, "Cannot infer the shape of Range 'bad': it needs a number at input 2." },
        { "MatMul", ["x", "v"], attributes => attributes, "Cannot infer the shape of MatMul 'bad': it cannot multiply 1x3x8x8 with 5." },
        { "BatchNormalization", ["x", "v", "v", "v", "v"], attributes => attributes, "Cannot infer the shape of BatchNormalization 'bad': it normalises 5 channels, not an input of 1x3x8x8." },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Node_that_does_not_fit_is_refused_by_name_rule_and_value(string type, string[] inputs, Func<NodeAttributes, NodeAttributes> attributes, string message)
    {
        var draw = new Draw();
        draw.Weight("w", 4, 3, 1, 1);
        draw.Weight("v", 5);
        draw.Weight("k", 3, 2, 3, 3);
        draw.Constant("t", 7, -1);
        draw.Constant("n", 1, 3, -2, 8);
        draw.Floats("f", 1, 1, float.NaN, 1);
        draw.Scalar("v1", 1);
        draw.Scalar("v9", 9);
        draw.Scalar("v0", 0);

        var fault = Assert.Throws<UnsupportedModelException>(() => draw.Node("bad", type, inputs, attributes));

        Assert.Equal(message, fault.Message);
    }

    private static string WindowShape(string type, string why, int rows, int columns, int kernel, string strides, string pads, string dilations, string autoPad, bool ceil)
    {
        Assert.NotEmpty(why);
        var draw = new Draw(channels: 3, rows, columns);
        string[] inputs = type == "Conv" ? ["x", draw.Weight("w", 4, 3, kernel, kernel)] : ["x"];
        var given = NodeAttributes.None.With("kernel_shape", [kernel, kernel]);
        foreach (var (name, text) in new[] { ("strides", strides), ("pads", pads), ("dilations", dilations) }.Where(pair => pair.Item2.Length > 0))
        {
            given = given.With(name, [.. text.Split(' ').Select(long.Parse)]);
        }

        given = autoPad.Length > 0 ? given.With("auto_pad", new StringAttribute(autoPad)) : given;
        return draw.Shape(draw.Node("y", type, inputs, _ => ceil ? given.With("ceil_mode", 1L) : given)).ToString();
    }

    /// <summary>Shape arithmetic is executed by libtorch on the caller's thread, whose other arithmetic must not lose its smallest numbers by that.</summary>
    [Fact]
    public void Thread_that_infers_shapes_keeps_its_denormals()
    {
        var network = Operators.OperatorCases.All.Single(tested => tested.Name.StartsWith("Shape of the batch", StringComparison.Ordinal)).Build();
        double[] tiny = [double.Epsilon];
        long product = 0; // its bits: the test's own thread may be one that finds a denormal equal to zero
        var thread = new Thread(() =>
        {
            ShapeInference.Infer(network);
            product = BitConverter.DoubleToInt64Bits(Volatile.Read(ref tiny[0]) * 1.5);
        });

        thread.Start();
        thread.Join();

        Assert.NotEqual(0, product);
    }
}
