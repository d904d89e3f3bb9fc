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
    private const int Blocks = 13;

    /// <summary>A network from choices: each number is a block; how many there are is up to the caller.</summary>
    public static Network FromChoices(IReadOnlyList<int> choices)
    {
        var draw = new Draw();
        string value = draw.Relu("stem.relu", draw.BatchNorm("stem.bn", draw.Conv("stem", "x", filters: 4 + (choices.Count % 3), kernel: 3)));
        for (int i = 0; i < choices.Count; i++)
        {
            value = Block(draw, $"b{i}", value, choices[i]);
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
    public static Arbitrary<int[]> Choices() => Arb.From(
        Gen.Choose(0, 6).SelectMany(count => Gen.Choose(0, (Blocks * 4) - 1).ArrayOf(count)),
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
