using Coppice.Graph;
using Coppice.Tests.Graph;

namespace Coppice.Tests.Operators;

/// <summary>Every operator of the table in the variants that matter to channels.</summary>
internal static class OperatorCases
{
    private static readonly string[] Functions =
    [
        "Abs", "Celu", "Elu", "Erf", "Exp", "HardSigmoid", "HardSwish", "LeakyRelu", "Neg", "Relu", "Selu", "Sigmoid", "Softplus", "Softsign", "Tanh", "Identity", "Dropout",
    ];

    private static readonly string[] Roundings = ["Ceil", "Floor", "Round", "Sign"];

    private static readonly string[] Reductions = ["ReduceL1", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSumSquare"];

    public static IEnumerable<OperatorCase> All =>
    [
        .. Functions.Select(type => new OperatorCase(type, (draw, v) => draw.Node("op", type, [v]))),
        .. Roundings.Select(type => new OperatorCase(type, (draw, v) => draw.Node("op", type, [draw.Node("scaled", "Mul", [v, draw.Number("factor", 7)])])) { IsFlat = true }),
        .. Reductions.Select(type => new OperatorCase(type, (draw, v) => draw.Node("op", type, [v], a => a.With("axes", [3L]).With("keepdims", 0)))),
        .. Reductions.Select(type => new OperatorCase($"{type} over channels", (draw, v) => draw.Node("op", type, [v], a => a.With("axes", [1L]))) { Locked = "reduces over channels" }),
        .. PositiveFunctions,
        .. Arithmetic,
        .. Layers,
        .. Normalizations,
        .. Shapes,
        .. Computed,
        .. Newer,
    ];

    /// <summary>Functions that need positive numbers.</summary>
    private static IEnumerable<OperatorCase> PositiveFunctions => new[] { "Log", "Sqrt", "Reciprocal" }.Select(type => new OperatorCase(type, (draw, v) =>
        draw.Node("op", type, [draw.Node("positive", "Add", [draw.Node("sigmoid", "Sigmoid", [v]), draw.Number("one", 1)])])));

    private static IEnumerable<OperatorCase> Arithmetic =>
    [
        new("Add", (draw, v) => draw.Add("op", v, draw.Conv("other", "x", filters: 6))),
        new("Add of a constant for each channel", (draw, v) => draw.Add("op", v, draw.Weight("constant", 6, 1, 1))),
        new("Add of one image to all", (draw, v) => draw.Add("op", v, draw.Weight("constant", 1, 6, 8, 8))),
        new("Sub", (draw, v) => draw.Node("op", "Sub", [draw.Weight("constant", 6, 1, 1), v])),
        new("Mul by a gate", (draw, v) => draw.Node("op", "Mul", [v, Gate(draw, v)])) { Others = ["squeeze"] },
        new("Mul by a mask", (draw, v) => draw.Node("op", "Mul", [v, draw.Node("sigmoid", "Sigmoid", [draw.Conv("mask", v, filters: 1)])])),
        new("Mul by itself", (draw, v) => draw.Node("op", "Mul", [v, v])),
        new("Div", (draw, v) => draw.Node("op", "Div", [v, draw.Weight("constant", 6, 1, 1)])),
        new("Pow", (draw, v) => draw.Node("op", "Pow", [v, draw.Number("exponent", 2)])),
        new("Pow of each channel", (draw, v) => draw.Node("op", "Pow", [draw.Node("exp", "Exp", [v]), draw.Weight("exponent", 6, 1, 1)])),
        new("Max", (draw, v) => draw.Node("op", "Max", [v, draw.Conv("other", "x", filters: 6), draw.Number("least", -1)])),
        new("Min", (draw, v) => draw.Node("op", "Min", [v, draw.Weight("constant", 6, 1, 1)])),
        new("Sum", (draw, v) => draw.Node("op", "Sum", [v, draw.Conv("other", "x", filters: 6), v])),
        new("Mean", (draw, v) => draw.Node("op", "Mean", [v, draw.Conv("other", "x", filters: 6)])),
        new("PRelu", (draw, v) => draw.Node("op", "PRelu", [v, draw.Weight("slope", 6, 1, 1)])),
        new("PRelu with one slope", (draw, v) => draw.Node("op", "PRelu", [v, draw.Weight("slope", 1)])),
        new("Clip", (draw, v) => draw.Node("op", "Clip", [v, draw.Number("min", -1), draw.Number("max", 0.5f)])),
        new("ThresholdedRelu", (draw, v) => draw.Node("op", "ThresholdedRelu", [v], a => a.With("alpha", 0.01f))),
        new("Where", (draw, v) => draw.Node("op", "Where", [draw.Node("greater", "Greater", [v, draw.Number("zero", 0)]), v, draw.Weight("constant", 6, 1, 1)])),
        .. new[] { "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Equal" }.Select(type => new OperatorCase(type, (draw, v) =>
            draw.Node("op", "Cast", [draw.Node("compared", type, [v, draw.Weight("constant", 6, 1, 1)])], a => a.With("to", 1))) { IsFlat = true }),
        .. new[] { "And", "Or" }.Select(type => new OperatorCase(type, (draw, v) => draw.Node("op", "Cast", [draw.Node("both", type,
            [draw.Node("greater", "Greater", [v, draw.Number("low", 0)]), draw.Node("less", "Less", [v, draw.Number("high", 1)])])], a => a.With("to", 1))) { IsFlat = true }),
        new("Not", (draw, v) => draw.Node("op", "Cast", [draw.Node("not", "Not", [draw.Node("greater", "Greater", [v, draw.Number("zero", 0)])])], a => a.With("to", 1))) { IsFlat = true },
        new("Cast to bytes and back", (draw, v) => draw.Node("op", "Cast", [draw.Node("bytes", "Cast", [draw.Node("scaled", "Mul", [draw.Relu("relu", v), draw.Number("factor", 300)])], a => a.With("to", 2))], a => a.With("to", 1))) { IsFlat = true },
        new("Cast", (draw, v) => draw.Node("op", "Cast", [v], a => a.With("to", 1))),
        // Squared: their sum over positions, which is what the average behind them sees, is one, and its gradient nothing but rounding.
        new("Softmax over positions", (draw, v) => Squared(draw, draw.Node("op", "Softmax", [v], a => a.With("axis", 3)))),
        new("Softmax over channels", (draw, v) => draw.Node("op", "Softmax", [v], a => a.With("axis", 1))) { Locked = "normalises across channels" },
        new("Softmax of operator set 11 over all behind an axis", (draw, v) => Squared(draw, draw.Node("op", "Softmax", [v], a => a.With("axis", 2)))) { OperatorSet = 11 },
        new("LogSoftmax", (draw, v) => draw.Node("op", "LogSoftmax", [v], a => a.With("axis", -1))),
    ];

    private static string Squared(Draw draw, string value) => draw.Node("squared", "Mul", [value, value]);

    private static IEnumerable<OperatorCase> Layers =>
    [
        new("Conv", (draw, v) => draw.Conv("op", v, filters: 5, kernel: 3, stride: 2, bias: true)) { Others = ["op"] },
        new("Conv with one filter", (draw, v) => draw.Conv("op", v, filters: 1, kernel: 3)) { Others = ["op"] },
        new("Conv depthwise", (draw, v) => draw.Conv("op", v, filters: 6, kernel: 3, groups: 6, bias: true)),
        new("Conv depthwise with a multiplier", (draw, v) => draw.Conv("op", v, filters: 12, kernel: 3, groups: 6, bias: true)),
        new("Conv in groups", (draw, v) => draw.Conv("op", v, filters: 9, kernel: 3, groups: 3)) { Others = ["op"] },
        new("Conv dilated with pads that differ", (draw, v) => draw.Node("op", "Conv", [v, draw.Weight("op.weight", 5, 6, 3, 2)], a => a.With("dilations", [2L, 1L]).With("pads", [2L, 0L, 1L, 1L]))) { Others = ["op"] },
        new("Conv with automatic pads", (draw, v) => draw.Node("op", "Conv", [v, draw.Weight("op.weight", 5, 6, 3, 3)], a => a.With("auto_pad", new StringAttribute("SAME_UPPER")).With("strides", [2L, 2L]))) { Others = ["op"] },
        new("Conv over one axis", (draw, v) => draw.Node("op", "Conv", [Rows(draw, v), draw.Weight("op.weight", 5, 6, 3), draw.Weight("op.bias", 5)], a => a.With("pads", [1L, 1L]).With("strides", [2L]))) { Others = ["op"] },
        new("Conv over one axis, depthwise", (draw, v) => draw.Node("op", "Conv", [Rows(draw, v), draw.Weight("op.weight", 6, 1, 3)], a => a.With("group", 6))),
        new("ConvTranspose", (draw, v) => Transposed(draw, v, [6, 5, 3, 3], a => a.With("strides", [2L, 2L]).With("pads", [1L, 1L, 1L, 1L]).With("output_padding", [1L, 1L]))) { Others = ["op"] },
        new("ConvTranspose with pads that differ", (draw, v) => Transposed(draw, v, [6, 5, 3, 2], a => a.With("strides", [2L, 1L]).With("pads", [0L, 1L, 2L, 0L]).With("dilations", [1L, 2L]))) { Others = ["op"] },
        new("ConvTranspose in groups", (draw, v) => Transposed(draw, v, [6, 4, 2, 2], a => a.With("group", 3).With("strides", [2L, 2L]))) { Others = ["op"] },
        new("ConvTranspose depthwise", (draw, v) => Transposed(draw, v, [6, 2, 2, 2], a => a.With("group", 6).With("strides", [2L, 2L]))),
        new("ConvTranspose to a stated shape", (draw, v) => Transposed(draw, v, [6, 5, 3, 3], a => a.With("strides", [2L, 2L]).With("output_shape", [15L, 16L]))) { Others = ["op"] },
        new("ConvTranspose over one axis", (draw, v) => draw.Node("op", "ConvTranspose", [Rows(draw, v), draw.Weight("op.weight", 6, 5, 3)], a => a.With("strides", [2L]))) { Others = ["op"] },
        new("Gemm", (draw, v) => draw.Gemm("op", draw.Flatten("features", v), 5, transposed: false)) { Others = ["op"] },
        new("MatMul over features", (draw, v) => draw.Add("op", draw.Node("product", "MatMul", [draw.Flatten("features", v), draw.Weight("weight", 384, 5)]), draw.Weight("bias", 5))) { Others = ["product"] },
        new("MatMul over tokens", (draw, v) => draw.Node("op", "ReduceMean", [draw.Node("second", "MatMul", [draw.Node("gelu", "Erf", [draw.Node("first", "MatMul", [Tokens(draw, v), draw.Weight("first.weight", 6, 7)])]), draw.Weight("second.weight", 7, 5)])],
            a => a.With("axes", [1L]).With("keepdims", 0))) { Others = ["first", "second"] },
        new("MatMul over positions", (draw, v) => draw.Node("op", "MatMul", [v, draw.Weight("weight", 8, 5)])),
        new("MatMul with a vector", (draw, v) => draw.Node("op", "Unsqueeze", [draw.Node("product", "MatMul", [v, draw.Weight("weight", 8)]), draw.Constant("axes", 3)])) { Locked = "or vectors" },
        new("MatMul of two computed values", (draw, v) => draw.Node("op", "MatMul", [v, draw.Node("turned", "Transpose", [v], a => a.With("perm", [0L, 1L, 3L, 2L]))])) { Locked = "multiplies computed values" },
    ];

    private static IEnumerable<OperatorCase> Normalizations =>
    [
        new("BatchNormalization", (draw, v) => draw.BatchNorm("op", v)),
        new("BatchNormalization over one axis", (draw, v) => draw.BatchNorm("op", Rows(draw, v))),
        new("InstanceNormalization", (draw, v) => draw.Node("op", "InstanceNormalization", [v, draw.Weight("scale", 6), draw.Weight("shift", 6)])),
        new("LayerNormalization over positions", (draw, v) => draw.Node("op", "LayerNormalization", [v, draw.Weight("scale", 8, 8), draw.Weight("shift", 8, 8)], a => a.With("axis", 2))),
        new("LayerNormalization over channels", (draw, v) => draw.Node("op", "LayerNormalization", [v, draw.Weight("scale", 6, 8, 8)], a => a.With("axis", 1))) { Locked = "normalises channels together" },
        new("LRN", (draw, v) => draw.Node("op", "LRN", [v], a => a.With("size", 3))) { Locked = "neighbouring channels" },
        new("GroupNormalization as exporters decompose it", DecomposedGroupNorm) { Locked = "it turns" },
    ];

    private static IEnumerable<OperatorCase> Shapes =>
    [
        new("Concat", (draw, v) => draw.Concat("op", v, draw.Conv("other", "x", filters: 3), v)) { Others = ["other"] },
        new("Concat with an input of the network", (draw, v) => draw.Concat("op", "x", v)),
        new("Concat of rows", (draw, v) => draw.Node("op", "Concat", [v, draw.Conv("other", "x", filters: 6)], a => a.With("axis", 2))),
        new("Split", (draw, v) => draw.Concat("op", [.. draw.Nodes("parts", "Split", [v], 2, a => a.With("axis", 1)).Reverse()])),
        new("Split into unequal parts", (draw, v) => draw.Conv("op", draw.Nodes("parts", "Split", [v, draw.Constant("lengths", 2, 4)], 2, a => a.With("axis", 1))[1], filters: 3)) { Others = ["op"] },
        new("Split of operator set 11", (draw, v) => draw.Concat("op", draw.Nodes("parts", "Split", [v], 3, a => a.With("axis", 1).With("split", [1L, 2L, 3L])))) { OperatorSet = 11 },
        new("Split whose second part is worked on in place", (draw, v) => draw.Concat("op", draw.Relu("relu", draw.Nodes("parts", "Split", [v], 2, a => a.With("axis", 1))[1]), v)),
        new("Sum of one value that others read", (draw, v) => draw.Concat("op", draw.Relu("relu", draw.Node("sum", "Sum", [v])), v)),
        new("Max of one value that others read", (draw, v) => draw.Concat("op", draw.Relu("relu", draw.Node("max", "Max", [v])), v)),
        new("Expand in front of an activation", (draw, v) => draw.Relu("op", draw.Node("expand", "Expand", [draw.GlobalAverage("pooled", v), draw.Constant("shape", 1, 6, 4, 4)]))),
        new("Resize by a factor that rounds up to a whole extent", (draw, v) => draw.Node("op", "Resize", [
            draw.Node("three", "MaxPool", [v], a => a.With("kernel_shape", [3L, 3L]).With("strides", [2L, 2L])), "", draw.Floats("scales", 1, 1, 5f / 3, 1)], a => a.With("coordinate_transformation_mode", new StringAttribute("asymmetric")).With("nearest_mode", new StringAttribute("floor")))),
        new("Reshape to a computed shape whose zeros would mean zero", (draw, v) => draw.Node("op", "Reshape", [v, draw.Node("target", "Concat", [BatchOf(draw, v), draw.Constant("rest", -1)], a => a.With("axis", 0))], a => a.With("allowzero", 1))),
        new("Split of rows", (draw, v) => draw.Nodes("op", "Split", [v], 2, a => a.With("axis", 2))[0]),
        new("Slice", (draw, v) => draw.Node("op", "Slice", [v, draw.Constant("starts", 1), draw.Constant("ends", 5), draw.Constant("axes", 1)])),
        new("Slice of columns backwards", (draw, v) => draw.Node("op", "Slice", [v, draw.Constant("starts", -1), draw.Constant("ends", -9), draw.Constant("axes", 3), draw.Constant("steps", -2)])),
        new("Gather", (draw, v) => draw.Gather("op", v, 5, 0, 0, 3)),
        new("Gather of one row", (draw, v) => draw.Node("op", "Gather", [v, draw.Constant("row", 3)], a => a.With("axis", 2))),
        new("Pad", (draw, v) => draw.Node("op", "Pad", [v, draw.Constant("pads", 0, 1, 2, 0, 0, 2, 1, 1)])),
        new("Pad by reflection", (draw, v) => draw.Node("op", "Pad", [v, draw.Constant("pads", 0, 0, 2, 1, 0, 0, 1, 3)], a => a.With("mode", new StringAttribute("reflect")))),
        new("Pad with the edge", (draw, v) => draw.Node("op", "Pad", [v, draw.Constant("pads", 0, 0, 2, 1, 0, 0, 1, 3)], a => a.With("mode", new StringAttribute("edge")))),
        new("Reshape to features", (draw, v) => draw.Node("op", "Reshape", [v, draw.Constant("shape", 0, -1)])),
        new("Reshape of features to a map", (draw, v) => draw.Node("op", "Reshape", [draw.Gemm("wide", draw.Flatten("features", v), 20), draw.Constant("shape", -1, 5, 2, 2)])) { Others = ["wide"] },
        new("Reshape that joins rows and columns", (draw, v) => draw.Node("op", "Reshape", [v, draw.Constant("shape", 0, 6, 64)])),
        new("Reshape into a channel shuffle", (draw, v) => Shuffle(draw, v, 2)),
        new("Reshape into blocks that meet again", (draw, v) => draw.Node("op", "Reshape", [draw.Node("tanh", "Tanh", [draw.Node("blocks", "Reshape", [v, draw.Constant("blocks.shape", 0, 2, 3, 8, 8)])]), draw.Constant("shape", 0, 6, 8, 8)])),
        new("Flatten", (draw, v) => draw.Flatten("op", v)),
        new("Squeeze", (draw, v) => draw.Node("op", "Squeeze", [draw.GlobalAverage("pooled", v), draw.Constant("axes", 2, 3)])),
        new("Unsqueeze", (draw, v) => draw.Node("op", "Unsqueeze", [Rows(draw, v), draw.Constant("axes", 2)])),
        new("Transpose and back", (draw, v) => draw.Node("op", "Transpose", [draw.Node("last", "Transpose", [v], a => a.With("perm", [0L, 2L, 3L, 1L]))], a => a.With("perm", [0L, 3L, 1L, 2L]))),
        new("Transpose in front of a bias for each channel", (draw, v) => draw.Node("op", "Transpose", [draw.Add("biased", draw.Node("last", "Transpose", [v], a => a.With("perm", [0L, 2L, 3L, 1L])), draw.Weight("bias", 6))], a => a.With("perm", [0L, 3L, 1L, 2L]))),
        new("Expand", (draw, v) => draw.Node("op", "Expand", [draw.GlobalAverage("pooled", v), draw.Constant("shape", 1, 6, 4, 4)])),
        new("Tile", (draw, v) => draw.Node("op", "Tile", [v, draw.Constant("counts", 1, 2, 1, 2)])),
        new("DepthToSpace", (draw, v) => draw.Node("op", "DepthToSpace", [draw.Conv("deep", v, filters: 8)], a => a.With("blocksize", 2))) { Others = ["deep"] },
        new("DepthToSpace as a pixel shuffle", (draw, v) => draw.Node("op", "DepthToSpace", [draw.Conv("deep", v, filters: 8)], a => a.With("blocksize", 2).With("mode", new StringAttribute("CRD")))) { Others = ["deep"] },
        new("SpaceToDepth", (draw, v) => draw.Node("op", "SpaceToDepth", [v], a => a.With("blocksize", 2))),
        new("Resize to the nearest", (draw, v) => Resized(draw, v, "nearest", "half_pixel")),
        new("Resize to the nearest from the corner", (draw, v) => Resized(draw, v, "nearest", "asymmetric")),
        new("Resize linearly", (draw, v) => Resized(draw, v, "linear", "half_pixel")),
        new("Resize linearly with aligned corners", (draw, v) => Resized(draw, v, "linear", "align_corners")),
        new("Resize by cubic convolution", (draw, v) => Resized(draw, v, "cubic", "half_pixel")),
        new("Resize by cubic convolution with aligned corners that leaves out what lies outside", (draw, v) => draw.Node("op", "Resize", [v, "", draw.Floats("scales", 1, 1, 0.7f, 1.6f)], a => a.With("mode", new StringAttribute("cubic"))
            .With("coordinate_transformation_mode", new StringAttribute("align_corners")).With("exclude_outside", 1).With("cubic_coeff_a", -0.5f))),
        new("Resize to stated extents", (draw, v) => draw.Node("op", "Resize", [v, "", "", draw.Constant("sizes", 1, 6, 5, 12)], a => a.With("mode", new StringAttribute("linear")).With("coordinate_transformation_mode", new StringAttribute("pytorch_half_pixel")))) { Batch = 1 },
        new("Resize to extents behind any batch", (draw, v) => draw.Node("op", "Resize", [v, "", "", draw.Node("sizes", "Concat", [BatchOf(draw, v), draw.Constant("extents", 6, 5, 11)], a => a.With("axis", 0))])),
        new("Upsample", (draw, v) => draw.Node("op", "Upsample", [v, draw.Floats("scales", 1, 1, 2, 3)])) { OperatorSet = 9 },
        new("MaxPool", (draw, v) => draw.Node("op", "MaxPool", [v], a => a.With("kernel_shape", [3L, 3L]).With("strides", [2L, 2L]).With("pads", [1L, 1L, 1L, 1L]))),
        new("MaxPool over one axis", (draw, v) => draw.Node("op", "MaxPool", [Rows(draw, v)], a => a.With("kernel_shape", [2L]).With("strides", [2L]))),
        new("AveragePool", (draw, v) => draw.Node("op", "AveragePool", [v], a => a.With("kernel_shape", [3L, 3L]).With("pads", [1L, 1L, 1L, 1L]))),
        new("AveragePool with pads that differ", (draw, v) => draw.Node("op", "AveragePool", [v], a => a.With("kernel_shape", [3L, 2L]).With("pads", [1L, 0L, 0L, 1L]).With("strides", [2L, 2L]))),
        new("GlobalAveragePool", (draw, v) => draw.GlobalAverage("op", v)),
        new("GlobalMaxPool", (draw, v) => draw.Node("op", "GlobalMaxPool", [v])),
        new("ReduceSum", (draw, v) => draw.Node("op", "ReduceSum", [v, draw.Constant("axes", 2, -1)])),
    ];

    /// <summary>Shapes that exporters compute.</summary>
    private static IEnumerable<OperatorCase> Computed =>
    [
        new("Shape of the batch in front of a Reshape", (draw, v) => draw.Node("op", "Reshape", [v, draw.Node("target", "Concat", [BatchOf(draw, v), draw.Constant("rest", -1)], a => a.With("axis", 0))])),
        new("Shape of rows in front of a Resize", (draw, v) => draw.Node("op", "Resize", [v, "", "", draw.Node("sizes", "Concat", [
            draw.Node("front", "Slice", [draw.Node("shape", "Shape", [v]), draw.Constant("zero", 0), draw.Constant("two", 2)]), draw.Node("twice", "Mul", [draw.Node("spatial", "Slice", [draw.Node("shape2", "Shape", [v]), draw.Constant("second", 2), draw.Constant("fourth", 4)]), draw.Constant("factor", 2)])],
            a => a.With("axis", 0))], a => a.With("coordinate_transformation_mode", new StringAttribute("asymmetric")).With("nearest_mode", new StringAttribute("floor")))),
        new("ConstantOfShape", (draw, v) => draw.Add("op", v, draw.Node("filled", "ConstantOfShape", [draw.Constant("shape", 1, 1, 8, 8)], a => a.With("value", new TensorAttribute(HostTensor.FromFloats(new(1), [2])))))),
        new("ConstantOfShape of truth values", (draw, v) => draw.Node("op", "Where", [draw.Node("filled", "ConstantOfShape", [draw.Constant("shape", 1, 1, 8, 8)],
            a => a.With("value", new TensorAttribute(HostTensor.FromBytes(ElementType.Bool, new(1), new byte[] { 1 })))), v, draw.Number("never", 7)])),
        new("Mod", (draw, v) => draw.Node("op", "Resize", [v, "", "", draw.Node("sizes", "Mod", [draw.Constant("dividend", 1, 6, -3, 29), draw.Constant("divisor", 7, 8, 8, 17)])])) { Batch = 1 },
        new("Mod with the sign of the dividend", (draw, v) => draw.Node("op", "Mod", [v, draw.Weight("divisor", 6, 1, 1)], a => a.With("fmod", 1))),
        new("Einsum", (draw, v) => draw.Node("op", "Einsum", [v, draw.Weight("matrix", 6, 5)], a => a.With("equation", new StringAttribute("n c h w, c d -> n d h w")))) { Locked = "sums products over named axes" },
        new("ScatterND", (draw, v) => draw.Node("op", "ScatterND", [v, draw.Integers("positions", new(2, 1, 2), 0, 3, -1, -2), draw.Weight("updates", 2, 1, 8, 8)])) { Batch = 1, Locked = "replaces parts" },
        new("Range of fractions", (draw, v) => draw.Add("op", v, draw.Node("range", "Range", [draw.Number("start", 0.5f), draw.Number("limit", -3.4f), draw.Number("step", -0.5f)]))),
        new("Range", (draw, v) => draw.Add("op", v, draw.Node("numbers", "Cast", [draw.Node("range", "Range", [draw.Scalar("start", 1), draw.Scalar("limit", 9), draw.Scalar("step", 1)])], a => a.With("to", 1)))),
    ];

    /// <summary>Operators that came after operator set 17.</summary>
    private static IEnumerable<OperatorCase> Newer =>
    [
        new("Mish", (draw, v) => draw.Node("op", "Mish", [v])) { OperatorSet = 18 },
        new("Gelu", (draw, v) => draw.Node("op", "Gelu", [v])) { OperatorSet = 20 },
        new("Gelu by tanh", (draw, v) => draw.Node("op", "Gelu", [v], a => a.With("approximate", new StringAttribute("tanh")))) { OperatorSet = 20 },
        new("GroupNormalization", (draw, v) => draw.Node("op", "GroupNormalization", [v, draw.Weight("scale", 3), draw.Weight("shift", 3)], a => a.With("num_groups", 3))) { OperatorSet = 18, Locked = "normalises channels together" },
        new("GroupNormalization of operator set 21", (draw, v) => draw.Node("op", "GroupNormalization", [v, draw.Weight("scale", 6), draw.Weight("shift", 6)], a => a.With("num_groups", 2))) { OperatorSet = 21, Locked = "normalises channels together" },
        new("Split by number", (draw, v) => draw.Concat("op", draw.Nodes("parts", "Split", [draw.Concat("seven", v, draw.Conv("seventh", v, filters: 1))], 4, a => a.With("axis", 1).With("num_outputs", 4)))) { OperatorSet = 18, Others = ["seventh"] },
        new("Resize of stated axes to extents", (draw, v) => draw.Node("op", "Resize", [v, "", "", draw.Constant("sizes", 11, 5)], a => a.With("axes", [3L, 2L]))) { OperatorSet = 18 },
        new("Resize of stated axes by factors", (draw, v) => draw.Node("op", "Resize", [v, "", draw.Floats("scales", 1.5f, 2)], a => a.With("axes", [-1L, -2L]).With("mode", new StringAttribute("linear")))) { OperatorSet = 18 },
        new("Resize that keeps the aspect ratio and is not larger", (draw, v) => draw.Node("op", "Resize", [v, "", "", draw.Constant("sizes", 11, 5)], a => Aspect(a, "not_larger"))) { OperatorSet = 18 },
        new("Resize that keeps the aspect ratio and is not smaller", (draw, v) => draw.Node("op", "Resize", [v, "", "", draw.Constant("sizes", 11, 5)], a => Aspect(a, "not_smaller"))) { OperatorSet = 18 },
        new("ReduceMean with axes as an input", (draw, v) => draw.Node("op", "ReduceMean", [v, draw.Constant("axes", 2, 3)])) { OperatorSet = 18 },
    ];

    private static string Gate(Draw draw, string v) => draw.Node("gate", "HardSigmoid", [draw.Conv("excite", draw.Relu("relu", draw.Conv("squeeze", draw.GlobalAverage("pooled", v), filters: 4)), filters: 6)]);

    /// <summary>[N, 6, 8]: the mean over columns.</summary>
    private static string Rows(Draw draw, string v) => draw.Node("rows", "ReduceMean", [v], a => a.With("axes", [3L]).With("keepdims", 0));

    /// <summary>[N, 64, 6].</summary>
    private static string Tokens(Draw draw, string v) =>
        draw.Node("tokens", "Transpose", [draw.Node("joined", "Reshape", [v, draw.Constant("joined.shape", 0, 6, 64)])], a => a.With("perm", [0L, 2L, 1L]));

    private static string Transposed(Draw draw, string v, long[] shape, Func<NodeAttributes, NodeAttributes> attributes)
    {
        var grouped = attributes(NodeAttributes.None).Integer("group", 1);
        return draw.Node("op", "ConvTranspose", [v, draw.Weight("op.weight", shape), draw.Weight("op.bias", shape[1] * grouped)], attributes);
    }

    private static string Resized(Draw draw, string v, string mode, string coordinates) => draw.Node("op", "Resize", [v, "", draw.Floats("scales", 1, 1, 2, 1.5f)], a => a
        .With("mode", new StringAttribute(mode)).With("coordinate_transformation_mode", new StringAttribute(coordinates)));

    private static NodeAttributes Aspect(NodeAttributes attributes, string policy) => attributes.With("axes", [2L, 3L]).With("keep_aspect_ratio_policy", new StringAttribute(policy));

    private static string Shuffle(Draw draw, string v, int groups) => draw.Node("op", "Reshape", [draw.Node("turned", "Transpose", [
        draw.Node("divided", "Reshape", [v, draw.Constant("divided.shape", 0, groups, 6 / groups, 8, 8)])], a => a.With("perm", [0L, 2L, 1L, 3L, 4L])), draw.Constant("shape", 0, 6, 8, 8)]);

    private static string BatchOf(Draw draw, string v) => draw.Node("batch", "Unsqueeze", [draw.Node("first", "Gather", [draw.Node("shape", "Shape", [v]), draw.Scalar("index", 0)]), draw.Constant("axes", 0)]);

    private static string DecomposedGroupNorm(Draw draw, string v)
    {
        string normalised = draw.Node("instance", "InstanceNormalization", [draw.Node("grouped", "Reshape", [v, draw.Constant("grouped.shape", 0, 3, -1)]), draw.Weight("ones", 3), draw.Weight("zeros", 3)]);
        return draw.Add("op", draw.Node("scaled", "Mul", [draw.Node("back", "Reshape", [normalised, draw.Constant("back.shape", 0, 6, 8, 8)]), draw.Weight("scale", 6, 1, 1)]), draw.Weight("shift", 6, 1, 1));
    }
}
