using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Pruning;
using FsCheck;
using FsCheck.Fluent;

namespace Coppice.Tests.Graph;

/// <summary>
/// Random networks out of all that channels can go through: chains, residual additions with every kind of shortcut, concatenations, depthwise and grouped convolutions, gates, masks,
/// and a classifier behind pooling or behind a flattened map. A network is drawn from a list of numbers, so that a counterexample shrinks by itself.
/// </summary>
internal static class NetworkGenerator
{
    /// <summary>Kinds of blocks that the oracles in double precision know.</summary>
    private const int Blocks = 13;

    /// <summary>All kinds of blocks; ONNX Runtime knows them.</summary>
    private const int AllBlocks = Blocks + 16;

    /// <summary>A network of all kinds of blocks from choices: each number is a block.</summary>
    public static Network Wide(IReadOnlyList<int> choices) => Build(choices, (draw, name, value, choice) =>
        choice % AllBlocks < Blocks ? Block(draw, name, value, (choice % AllBlocks) + (choice / AllBlocks * Blocks)) : WideBlock(draw, name, value, (choice % AllBlocks) - Blocks, 2 + (choice / AllBlocks)));

    /// <summary>A network from choices: each number is a block; how many there are is up to the caller.</summary>
    public static Network FromChoices(IReadOnlyList<int> choices) => Build(choices, Block);

    private static Network Build(IReadOnlyList<int> choices, Func<Draw, string, string, int, string> block)
    {
        var draw = new Draw();
        string value = draw.Relu("stem.relu", draw.BatchNorm("stem.bn", draw.Conv("stem", "x", filters: 4 + (choices.Count % 3), kernel: 3)));
        for (int i = 0; i < choices.Count; i++)
        {
            value = block(draw, $"b{i}", value, choices[i]);
        }

        bool isPooled = choices.Count == 0 || choices[^1] % 2 == 0;
        string features = draw.Flatten("flat", isPooled ? draw.GlobalAverage("average", value) : value);
        string hidden = draw.Relu("hidden.relu", draw.Gemm("hidden", features, 6, transposed: choices.Sum() % 2 == 0));
        return draw.Build(draw.Gemm("logits", hidden, 3));
    }

    /// <summary>A plan that keeps at least the given number of channels of each group, drawn from a seed.</summary>
    public static PruningPlan Plan(ChannelUnits units, int seed, int atLeast = 1)
    {
        var state = (uint)seed;
        uint Next()
        {
            // xorshift32 (Marsaglia, 2003): the plan must follow from the seed alone.
            state = state == 0 ? 0x9E3779B9 : state;
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            return state >> 4;
        }

        var groups = ImmutableArray.CreateBuilder<GroupPlan>();
        foreach (var group in units.PrunableGroups.Where(group => group.Size >= atLeast))
        {
            var kept = new SortedSet<int>(Enumerable.Range(0, group.Size).Where(_ => Next() % 2 == 0));
            for (int channel = (int)(Next() % (uint)group.Size); kept.Count < atLeast; channel = (channel + 1) % group.Size)
            {
                kept.Add(channel);
            }

            groups.Add(new(group.Name, group.Size, [.. kept]));
        }

        return new("random", groups.ToImmutable()) { Selections = units.SelectsChannels };
    }

    /// <summary>Choices for <see cref="FromChoices"/>: up to six blocks.</summary>
    public static Arbitrary<int[]> Choices() => Choices(Blocks);

    /// <summary>Choices for <see cref="Wide"/>: up to six blocks.</summary>
    public static Arbitrary<int[]> WideChoices() => Choices(AllBlocks);

    private static Arbitrary<int[]> Choices(int kinds) => Arb.From(
        Gen.Choose(0, 6).SelectMany(count => Gen.Choose(0, (kinds * 4) - 1).ArrayOf(count)),
        choices => Enumerable.Range(0, choices.Length).Select(skipped => choices.Where((_, i) => i != skipped).ToArray()));

    private static string Block(Draw draw, string name, string input, int choice)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(choice);
        int width = draw.Channels(input);
        int other = 2 + (choice / Blocks);
        return (choice % Blocks) switch
        {
            0 => draw.Relu($"{name}.relu", draw.BatchNorm($"{name}.bn", draw.Conv($"{name}.conv", input, filters: 2 * other, kernel: 3))),
            1 => draw.Add($"{name}.add", input, Inner(draw, name, input, other, width)),
            2 => draw.Add($"{name}.add", draw.BatchNorm($"{name}.short.bn", draw.Conv($"{name}.short", input, filters: other)), Inner(draw, name, input, 3, other)),
            3 => OptionA(draw, name, input, other),
            4 => draw.Concat($"{name}.cat", input, draw.Relu($"{name}.relu", draw.Conv($"{name}.conv", input, filters: other, bias: true)), input),
            5 => draw.Relu($"{name}.relu", draw.BatchNorm($"{name}.bn", draw.Conv($"{name}.dw", input, filters: width * (1 + (choice % 2)), kernel: 3, groups: width))),
            6 => draw.Conv($"{name}.grouped", draw.Conv($"{name}.before", input, filters: 2 * other), filters: 6, kernel: 3, groups: 2),
            7 => draw.Node($"{name}.gate", "Mul", [input, draw.Node($"{name}.sigmoid", "Sigmoid", [draw.Conv($"{name}.excite", draw.Relu($"{name}.relu", draw.Conv($"{name}.squeeze", draw.GlobalAverage($"{name}.average", input), filters: other)), filters: width)])]),
            8 => InvertedResidual(draw, name, input, other),
            9 => draw.BatchNorm($"{name}.bn", draw.Gather($"{name}.gather", input, [width - 1, .. Enumerable.Range(0, width - 1).Where(i => i % 3 != choice % 3).Select(i => (long)i)])),
            10 => draw.Add($"{name}.add", input, PreActivated(draw, name, input, width)),
            11 => draw.Concat($"{name}.cat", input, PreActivated(draw, name, input, other)),
            _ => draw.Node($"{name}.mask", "Mul", [input, draw.Node($"{name}.sigmoid", "Sigmoid", [draw.Conv($"{name}.attend", input, filters: 1, bias: true)])]),
        };
    }

    private static string WideBlock(Draw draw, string name, string input, int kind, int other)
    {
        int width = draw.Channels(input);
        var (rows, columns) = (draw.Shape(input)[2], draw.Shape(input)[3]);
        bool isLarge = rows * columns > 256;
        return kind switch
        {
            0 => Shuffle(draw, name, draw.Conv($"{name}.conv", input, filters: 2 * other), 2),
            1 => Branches(draw, name, draw.Conv($"{name}.conv", input, filters: 2 * other), other),
            2 => draw.Concat(name, draw.Nodes($"{name}.parts", "Split", [draw.Concat($"{name}.twice", input, input), draw.Constant($"{name}.lengths", width + 1, width - 1)], 2, a => a.With("axis", 1))),
            3 or 7 when isLarge => draw.Relu($"{name}.relu", input),
            3 => draw.Node($"{name}.up", "Resize", [input, "", draw.Floats($"{name}.scales", 1, 1, 2, 1)], a => a.With("coordinate_transformation_mode", new StringAttribute("asymmetric")).With("nearest_mode", new StringAttribute("floor"))),
            4 => draw.Node($"{name}.pool", other % 2 == 0 ? "MaxPool" : "AveragePool", [input], a => a.With("kernel_shape", [3L, 3L]).With("pads", [1L, 1L, 1L, 1L]).With("strides", [1L, 1L])),
            5 => draw.Node($"{name}.transposed", "ConvTranspose", [input, draw.Weight($"{name}.weight", width, other, 1, 1), draw.Weight($"{name}.bias", other)]),
            6 => draw.Node($"{name}.prelu", "PRelu", [input, draw.Weight($"{name}.slope", width, 1, 1)]),
            7 => draw.Node($"{name}.shuffled", "DepthToSpace", [draw.Conv($"{name}.deep", input, filters: 4 * other)], a => a.With("blocksize", 2).With("mode", new StringAttribute(other % 2 == 0 ? "DCR" : "CRD"))),
            8 => rows % 2 == 0 && columns % 2 == 0 ? draw.Node($"{name}.deep", "SpaceToDepth", [input], a => a.With("blocksize", 2)) : draw.Relu($"{name}.relu", input),
            // A channel of one large number has no variance: its mean's last bit, divided by √ε, would be all that is compared.
            9 => draw.Node($"{name}.instance", "InstanceNormalization", [draw.Node($"{name}.tanh", "Tanh", [input]), draw.Weight($"{name}.scale", width), draw.Weight($"{name}.shift", width)], a => a.With("epsilon", 0.01f)),
            10 => Tokens(draw, name, input, other),
            11 => draw.Node($"{name}.sum", "Sum", [input, draw.Conv($"{name}.left", input, filters: width), draw.Conv($"{name}.right", input, filters: width)]),
            12 => draw.Concat($"{name}.cat", draw.Node($"{name}.odd", "Slice", [input, draw.Constant($"{name}.starts", 1), draw.Constant($"{name}.ends", int.MaxValue), draw.Constant($"{name}.axes", 1)]), input),
            13 => draw.Node($"{name}.norm", "LayerNormalization", [input, draw.Weight($"{name}.scale", width, rows, columns)], a => a.With("axis", 1)),
            14 => draw.Node($"{name}.maximum", "Max", [input, draw.Conv($"{name}.conv", input, filters: 1)]),
            _ => draw.Node($"{name}.tiled", "Tile", [draw.Conv($"{name}.conv", input, filters: other), draw.Constant($"{name}.counts", 1, 2, 1, 1)]),
        };
    }

    /// <summary>ShuffleNet's shuffle of the channels in stated groups.</summary>
    private static string Shuffle(Draw draw, string name, string input, int groups)
    {
        var shape = draw.Shape(input);
        string divided = draw.Node($"{name}.divided", "Reshape", [input, draw.Constant($"{name}.divided.shape", 0, groups, shape[1] / groups, shape[2], shape[3])]);
        string turned = draw.Node($"{name}.turned", "Transpose", [divided], a => a.With("perm", [0L, 2L, 1L, 3L, 4L]));
        return draw.Node($"{name}.shuffled", "Reshape", [turned, draw.Constant($"{name}.shape", 0, shape[1], shape[2], shape[3])]);
    }

    /// <summary>ShuffleNetV2's unit: half of the channels pass, the other half is worked on, then all are shuffled.</summary>
    private static string Branches(Draw draw, string name, string input, int half)
    {
        string[] parts = draw.Nodes($"{name}.parts", "Split", [input], 2, a => a.With("axis", 1));
        string worked = draw.Relu($"{name}.relu", draw.Conv($"{name}.work", draw.Conv($"{name}.dw", parts[1], filters: half, kernel: 3, groups: half == 1 ? 1 : half), filters: half));
        return Shuffle(draw, name, draw.Concat($"{name}.cat", parts[0], worked), 2);
    }

    /// <summary>A ConvNeXt-like perceptron over channels that lie last.</summary>
    private static string Tokens(Draw draw, string name, string input, int hidden)
    {
        int width = draw.Channels(input);
        string last = draw.Node($"{name}.last", "Transpose", [input], a => a.With("perm", [0L, 2L, 3L, 1L]));
        string wide = draw.Add($"{name}.biased", draw.Node($"{name}.expand", "MatMul", [last, draw.Weight($"{name}.expand.weight", width, hidden)]), draw.Weight($"{name}.expand.bias", hidden));
        string narrow = draw.Node($"{name}.project", "MatMul", [draw.Relu($"{name}.relu", wide), draw.Weight($"{name}.project.weight", hidden, width)]);
        return draw.Add($"{name}.add", input, draw.Node($"{name}.first", "Transpose", [narrow], a => a.With("perm", [0L, 3L, 1L, 2L])));
    }

    private static string Inner(Draw draw, string name, string input, int width, int outputs) =>
        draw.BatchNorm($"{name}.bn2", draw.Conv($"{name}.conv2", draw.Relu($"{name}.relu", draw.BatchNorm($"{name}.bn1", draw.Conv($"{name}.conv1", input, filters: width, kernel: 3))), filters: outputs));

    /// <summary>MobileNetV2's block: expand, depthwise, project without activation, and add.</summary>
    private static string InvertedResidual(Draw draw, string name, string input, int width)
    {
        string expanded = draw.Clip($"{name}.clip1", draw.BatchNorm($"{name}.bn1", draw.Conv($"{name}.expand", input, filters: width)));
        string filtered = draw.Clip($"{name}.clip2", draw.BatchNorm($"{name}.bn2", draw.Conv($"{name}.dw", expanded, filters: width, kernel: 3, groups: width)));
        return draw.Add($"{name}.add", input, draw.BatchNorm($"{name}.bn3", draw.Conv($"{name}.project", filtered, filters: draw.Channels(input))));
    }

    /// <summary>Two convolutions behind their batch normalisations, of which the first reads what others read too.</summary>
    private static string PreActivated(Draw draw, string name, string input, int outputs)
    {
        string inner = draw.Conv($"{name}.conv1", draw.Relu($"{name}.relu1", draw.BatchNorm($"{name}.bn1", input)), filters: 3);
        return draw.Conv($"{name}.conv2", draw.Relu($"{name}.relu2", draw.BatchNorm($"{name}.bn2", inner)), filters: outputs, kernel: 3);
    }

    private static string OptionA(Draw draw, string name, string input, int added)
    {
        int width = draw.Channels(input) + (2 * added);
        string main = draw.BatchNorm($"{name}.bn", draw.Conv($"{name}.conv", input, filters: width, kernel: 3, stride: 2));
        return draw.Relu($"{name}.relu", draw.Add($"{name}.add", main, draw.OptionA($"{name}.short", input, added, added)));
    }
}
