using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>
/// A sum of products over named axes, <c>bhid,bhjd-&gt;bhij</c>: the core of attention as some exporters write it. What it reads and writes stays whole. Known is the explicit form, in which
/// no operand names an axis twice; an equation with an ellipsis or without an arrow is an operator that is not known.
/// </summary>
internal sealed class Einsum : Operator
{
    public override string Type => "Einsum";

    public override bool Covers(Node node)
    {
        var equation = Equation.Of(node);
        return equation.Operands.Length == node.Inputs.Length && equation.Result is { } result && Names(result, 0)
            && result.All(name => equation.Operands.Any(operand => operand.Contains(name))) && equation.Operands.All(operand => Names(operand, 1));

        static bool Names(string axes, int least) => axes.Length >= least && axes.All(char.IsAsciiLetter) && axes.Distinct().Count() == axes.Length;
    }

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var extents = Extents(call);
        return ShapeCall.One(new([.. Equation.Of(call.Node).Result!.Select(name => extents[name])]));
    }

    public override void TraceChannels(ChannelCall call) => call.Block("it sums products over named axes, as attention does");

    /// <summary>A product for each combination of positions along all axes; no cut changes it.</summary>
    public override Work? CountWork(ShapeCall call) => new(WorkKind.MultiplyAccumulate, ParameterInput: null, Extents(call).Values.Aggregate(1L, (product, extent) => product * extent));

    public override void Execute(ExecutionCall call) =>
        call.Return(0, Tensor.Einsum(Equation.Of(call.Node).ToString(), [.. Enumerable.Range(0, call.Node.Inputs.Length).Select(call.Input)]));

    private static Dictionary<char, long> Extents(ShapeCall call)
    {
        var extents = new Dictionary<char, long>();
        foreach (var (input, operand) in Equation.Of(call.Node).Operands.Index())
        {
            var shape = call.Shape(input, operand.Length);
            foreach (var (axis, name) in operand.Index())
            {
                long known = extents.GetValueOrDefault(name, 1);
                extents[name] = known == shape[axis] || shape[axis] == 1 ? known : known == 1 ? shape[axis] : throw call.Fault($"has {known} and {shape[axis]} positions along axis '{name}'");
            }
        }

        return extents;
    }

    /// <summary>The names of the axes of each operand and of the result, null where the equation has no arrow.</summary>
    private sealed record Equation(string[] Operands, string? Result)
    {
        public static Equation Of(Node node)
        {
            string[] sides = node.Attributes.Text("equation", "").Replace(" ", "", StringComparison.Ordinal).Split("->");
            return new(sides[0].Split(','), sides.Length == 2 ? sides[1] : null);
        }

        public override string ToString() => $"{string.Join(',', Operands)}->{Result}";
    }
}
