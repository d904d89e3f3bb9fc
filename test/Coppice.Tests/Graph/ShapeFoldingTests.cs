using Coppice.Graph;

namespace Coppice.Tests.Graph;

public sealed class ShapeFoldingTests
{
    /// <summary>A Clip of half precision whose bound were turned into single precision would be no ONNX any more.</summary>
    [Theory]
    [InlineData(ElementType.Float16, false)]
    [InlineData(ElementType.Float32, true)]
    public void Bound_that_is_cast_is_folded_in_single_precision_only(ElementType type, bool isFolded)
    {
        var draw = new Draw();
        string bound = draw.Node("bound", "Cast", [draw.Number("number", 0)], a => a.With("to", (long)type));
        var network = draw.Build(draw.Node("clip", "Clip", [draw.Node("cast", "Cast", ["x"], a => a.With("to", (long)type)), bound]));

        var folded = ShapeFolding.Apply(network);

        Assert.Equal(isFolded, !folded.Nodes.Any(node => node.Name == "bound"));
    }
}
