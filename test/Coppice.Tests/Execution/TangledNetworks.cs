using Coppice.Graph;
using Coppice.Tests.Graph;
using FsCheck;
using FsCheck.Fluent;

namespace Coppice.Tests.Execution;

/// <summary>
/// Random graphs that are hard on the lifetimes of values: read twice, added to themselves, shared under several names by Identity, Flatten, Reshape, Slice and
/// Dropout, overlapping in memory, read although they are outputs. Every value has the shape [N, 4, 6, 6].
/// </summary>
public static class TangledNetworks
{
    private const int Kinds = 17;
    private const int Channels = 4;
    private const int Extent = 6;

    /// <summary>Where FsCheck finds the generator: up to ten operators.</summary>
    public static Arbitrary<int[]> Choices() => Arb.From(
        Gen.Choose(1, 10).SelectMany(count => Gen.Choose(0, 1 << 20).ArrayOf(count)),
        choices => Enumerable.Range(0, choices.Length).Where(_ => choices.Length > 1).Select(skipped => choices.Where((_, i) => i != skipped).ToArray()));

    internal static Network FromChoices(int[] choices)
    {
        var draw = new Draw(Channels, Extent, Extent);
        List<string> values = ["x"];
        for (int i = 0; i < choices.Length; i++)
        {
            // Late values are drawn more often, so that chains form.
            int choice = choices[i] / Kinds;
            string left = values[^(1 + (choice % Math.Min(3, values.Count)))];
            string right = values[choice / 3 % values.Count];
            values.Add(Append(draw, $"n{i}", choices[i] % Kinds, left, right));
        }

        string[] outputs = [.. values.Skip(1).Where((_, i) => i == choices.Length - 1 || choices[i] % 5 == 0)];
        return Executing.Softened(draw.Build(outputs));
    }

    private static string Append(Draw draw, string name, int kind, string left, string right) => kind switch
    {
        0 => draw.Relu(name, left),
        1 => draw.Add(name, left, right),
        2 => draw.Add(name, left, left),
        3 => draw.Node(name, "Identity", [left]),
        4 => draw.Node(name, "Sub", [left, right]),
        5 => draw.BatchNorm(name, left),
        6 => draw.Conv(name, left, Channels, kernel: 3),
        7 => Overlap(draw, name, left),
        8 => draw.Node(name, "Mul", [left, draw.Node($"{name}.gate", "Sigmoid", [right])]),
        9 => draw.Relu(name, draw.Add($"{name}.add", draw.BatchNorm($"{name}.bn", left), right)),
        10 => draw.Add(name, draw.Node($"{name}.same", "Identity", [left]), left),
        11 => draw.Relu(name, draw.Node($"{name}.all", "Slice", [left, draw.Constant($"{name}.s", 0), draw.Constant($"{name}.e", Channels), draw.Constant($"{name}.a", 1)])),
        12 => draw.Relu(name, draw.Add($"{name}.add", draw.Conv($"{name}.conv", left, Channels, kernel: 3, bias: true), right)),
        13 => draw.Add(name, left, draw.Conv($"{name}.conv", left, Channels, groups: 2)),
        14 => draw.Relu(name, draw.BatchNorm($"{name}.bn", draw.Conv($"{name}.conv", left, Channels, kernel: 3, groups: Channels))),
        15 => draw.Add(name, draw.Conv($"{name}.one", left, Channels), draw.Conv($"{name}.two", right, Channels, kernel: 3)),
        _ => draw.Node(name, "Reshape", [draw.Relu($"{name}.relu", draw.Flatten($"{name}.flat", draw.Node($"{name}.drop", "Dropout", [left]))), draw.Constant($"{name}.shape", 0, Channels, Extent, Extent)]),
    };

    /// <summary>Each row plus the next one: two views of one memory that overlap.</summary>
    private static string Overlap(Draw draw, string name, string input)
    {
        string upper = Rows(draw, $"{name}.upper", input, 0, Extent - 1);
        string lower = Rows(draw, $"{name}.lower", input, 1, Extent);
        return draw.Node(name, "Pad", [draw.Add($"{name}.add", lower, upper), draw.Constant($"{name}.pads", 0, 0, 1, 0, 0, 0, 0, 0)]);
    }

    private static string Rows(Draw draw, string name, string input, long from, long to) =>
        draw.Node(name, "Slice", [input, draw.Constant($"{name}.s", from), draw.Constant($"{name}.e", to), draw.Constant($"{name}.a", 2)]);
}
