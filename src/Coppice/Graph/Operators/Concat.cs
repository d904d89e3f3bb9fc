using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>Values one after the other along an axis. Along channels the ids are concatenated, with ids that stay for operands that stay whole; along another axis they unite.</summary>
internal sealed class Concat : Operator
{
    public override string Type => "Concat";

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var first = call.Shape(0);
        int axis = call.Axis(call.Node.Attributes.Integer("axis", 1), first.Rank);
        for (int input = 1; input < call.Node.Inputs.Length; input++)
        {
            if (call.Shape(input, first.Rank).With(axis, first[axis]) != first)
            {
                throw call.Fault($"cannot join {first} and {call.Shape(input)} along axis {axis}");
            }
        }

        long total = Enumerable.Range(0, call.Node.Inputs.Length).Sum(input => call.Shape(input, first.Rank)[axis]);
        return ShapeCall.One(first.With(axis, total));
    }

    public override void TraceChannels(ChannelCall call)
    {
        int axis = call.Node.Attributes.Axis(1, call.OutputShape().Rank);
        var layouts = Enumerable.Range(0, call.Node.Inputs.Length).Select(call.Layout).ToArray();
        if (layouts.OfType<ChannelLayout>().Select(layout => layout.Axis).Distinct().ToArray() is not [var channels])
        {
            call.Block("it joins channels along different axes");
        }
        else if (channels == axis)
        {
            call.Return(0, [.. layouts.SelectMany((layout, input) => layout?.Ids ?? call.Whole(call.Shapes.Shape(input)[axis]))], axis);
        }
        else
        {
            // What is joined along another axis must stay rectangular, so an operand that stays whole keeps all the others whole.
            int[] first = layouts[0]?.Ids ?? call.Whole(call.OutputShape()[channels]);
            foreach (var layout in layouts[1..])
            {
                call.Unite(first, layout?.Ids ?? call.Whole(first.Length));
            }

            call.Return(0, first, channels);
        }
    }

    public override bool KeepsZero(ZeroCall call) => Enumerable.Range(0, call.Node.Inputs.Length).All(input => !call.Carries(input) || call.IsZero(input));

    public override void Execute(ExecutionCall call)
    {
        var inputs = Enumerable.Range(0, call.Node.Inputs.Length).Select(call.Input).ToArray();
        call.Return(0, Tensor.Cat(inputs, call.Node.Attributes.Axis(1, inputs[0].Rank)));
    }
}
