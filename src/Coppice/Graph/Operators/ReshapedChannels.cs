using Coppice.Graph.Channels;

namespace Coppice.Graph.Operators;

/// <summary>
/// What becomes of channels when the same elements in the same order get another shape: channels may keep an axis of their own, become features (each once per position, as in Flatten), or
/// be divided over several axes, of which one then carries them.
/// </summary>
internal static class ReshapedChannels
{
    /// <summary>Gives output 0 the channels of input 0.</summary>
    public static void Trace(ChannelCall call)
    {
        if (call.Layout(0) is not { } layout)
        {
            return;
        }

        var (input, output) = (call.Shapes.Shape(0), call.OutputShape());
        if (input == output)
        {
            call.PassThrough();
        }
        else if (input.Length == 0)
        {
            call.Block("it reshapes what has no elements");
        }
        else if (Follow(input, layout, output) is { } followed)
        {
            call.Return(0, followed.Ids, followed.Axis);
        }
        else if (Divide(input, layout, output) is { } divided)
        {
            call.Return(0, UniteRest(call, layout.Ids, divided, output), divided.Carrier);
        }
        else
        {
            call.Block($"it turns {input} into {output}");
        }
    }

    /// <summary>The target of a reshape after the cut, which may be written with 0 (as before) and −1 (what is left).</summary>
    /// <param name="call">The cut.</param>
    /// <param name="target">The target before; changed.</param>
    public static long[] Shrink(PruneCall call, long[] target)
    {
        int axis = call.OutputAxis(0);
        bool copies = target[axis] == 0 && call.InputAxis(0) == axis;
        if (target[axis] >= 0 && !copies)
        {
            target[axis] = call.OutputKept(0)!.Count(stays => stays);
        }

        return target;
    }

    /// <summary>The axis of the output that runs over the channels, alone or together with positions inside of them or whole blocks of them.</summary>
    private static ChannelLayout? Follow(TensorShape input, ChannelLayout layout, TensorShape output)
    {
        long inner = input.Product(layout.Axis + 1, input.Rank);
        int channels = layout.Ids.Length;
        for (int axis = 0; axis < output.Rank; axis++)
        {
            long run = output.Product(axis + 1, output.Rank);
            bool covers = inner % run == 0 && run * output[axis] % (inner * channels) == 0;
            if (covers && (axis > 0 || layout.Axis == 0))
            {
                long positions = inner / run;
                return new(axis, [.. Enumerable.Range(0, (int)output[axis]).Select(position => layout.Ids[position / positions % channels])]);
            }
        }

        return null;
    }

    /// <summary>The axes of the output over which the channels are divided: [N, 2 · C, H, W] as [N, 2, C, H, W], or features as [N, C, H, W].</summary>
    private static (int Carrier, int Start, int End)? Divide(TensorShape input, ChannelLayout layout, TensorShape output)
    {
        long inner = input.Product(layout.Axis + 1, input.Rank);
        for (int end = output.Rank; end > 0; end--)
        {
            for (int start = end - 1; start > 0 && output.Product(end, output.Rank) == inner && output.Product(start, end) <= layout.Ids.Length; start--)
            {
                if (output.Product(start, end) == layout.Ids.Length)
                {
                    return (output.Rank == 4 && start == 1 ? 1 : Enumerable.Range(start, end - start).MaxBy(axis => output[axis]), start, end);
                }
            }
        }

        return null;
    }

    /// <summary>Unites what differs only along the other axes, so that a cut leaves a tensor.</summary>
    private static int[] UniteRest(ChannelCall call, int[] ids, (int Carrier, int Start, int End) divided, TensorShape output)
    {
        long run = output.Product(divided.Carrier + 1, divided.End);
        int[] carried = new int[output[divided.Carrier]];
        for (int position = ids.Length - 1; position >= 0; position--)
        {
            long channel = position / run % carried.Length;
            carried[channel] = ids[position];
        }

        for (int position = 0; position < ids.Length; position++)
        {
            call.Unite([carried[position / run % carried.Length]], [ids[position]]);
        }

        return carried;
    }
}
