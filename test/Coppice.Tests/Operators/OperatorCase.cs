using Coppice.Graph;
using Coppice.Tests.Graph;

namespace Coppice.Tests.Operators;

/// <summary>
/// One operator (in one variant) between two layers: convolution <c>a</c> writes six channels, the operator works on them, a layer <c>b</c> reads them, and a classifier ends the network.
/// </summary>
/// <param name="Name">The operator, then the variant.</param>
/// <param name="Body">Draws the operator behind a value [N, 6, 8, 8] and returns what it writes: [N, C, H, W], [N, C, L] or [N, features].</param>
internal sealed record OperatorCase(string Name, Func<Draw, string, string> Body)
{
    /// <summary>The ONNX operator type.</summary>
    public string Type => Name.Split(' ')[0];

    /// <summary>Part of the reason why the channels of <c>a</c> must stay, or null where they may go.</summary>
    public string? Locked { get; init; }

    /// <summary>Groups beside <c>a</c> and <c>b</c> that may lose channels.</summary>
    public string[] Others { get; init; } = [];

    /// <summary>Version of the operator set.</summary>
    public int OperatorSet { get; init; } = 17;

    /// <summary>The batch that the file is for, or null for any.</summary>
    public long? Batch { get; init; }

    /// <summary>Whether no gradient comes through: comparisons and roundings.</summary>
    public bool IsFlat { get; init; }

    /// <summary>The network.</summary>
    public Network Build()
    {
        var draw = new Draw(operatorSet: OperatorSet, batch: Batch);
        string wide = draw.Conv("a", "x", filters: 6, kernel: 3, bias: true);
        string value = Body(draw, draw.Node("small", "Mul", [wide, draw.Number("small.factor", 1f / 256)]));
        return draw.Build(draw.Gemm("logits", Features(draw, value), 3));
    }

    private static string Features(Draw draw, string value)
    {
        switch (draw.Shape(value).Rank)
        {
            case 4:
                return draw.Flatten("flat", draw.GlobalAverage("average", draw.Conv("b", value, filters: 4)));
            case 3:
                string read = draw.Node("b", "Conv", [value, draw.Weight("b.weight", 4, draw.Channels(value), 1)]);
                return draw.Flatten("flat", draw.GlobalAverage("average", read));
            default:
                return draw.Gemm("b", value, 4);
        }
    }
}
