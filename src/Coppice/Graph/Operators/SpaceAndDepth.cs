using System.Collections.Immutable;
using Coppice.Graph.Channels;

namespace Coppice.Graph.Operators;

/// <summary>[N, b² · C, H, W] to [N, C, b · H, b · W]: the b² channels that become one live and die together.</summary>
internal sealed class DepthToSpace : Operator
{
    /// <summary>Its square, a number of channels, still fits into 32 bits.</summary>
    internal const long MostBlock = 1 << 15;

    public override string Type => "DepthToSpace";

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0, rank: 4);
        long block = BlockSize(call.Node);
        return block is > 0 and <= MostBlock && input[1] % (block * block) == 0
            ? ShapeCall.One(new(input[0], input[1] / (block * block), input[2] * block, input[3] * block))
            : throw call.Fault($"cannot turn {input[1]} channels into blocks of {block} x {block}");
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (call.IdsAlong(0, 1) is not { } ids)
        {
            return;
        }

        int pieces = (int)(BlockSize(call.Node) * BlockSize(call.Node)), count = ids.Length / pieces;
        int[] outputs = new int[count];
        for (int channel = 0; channel < count; channel++)
        {
            int[] members = [.. Enumerable.Range(0, pieces).Select(piece => ids[IsDepthFirst(call.Node) ? (piece * count) + channel : (channel * pieces) + piece])];
            outputs[channel] = members[0];
            foreach (int member in members)
            {
                call.Unite([outputs[channel]], [member]);
            }
        }

        call.Return(0, outputs);
    }

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        long block = BlockSize(call.Node);
        long[] shape = input.Shape;
        long count = shape[1] / (block * block);
        var divided = IsDepthFirst(call.Node)
            ? input.Reshape(shape[0], block, block, count, shape[2], shape[3]).Permute(0, 3, 4, 1, 5, 2)
            : input.Reshape(shape[0], count, block, block, shape[2], shape[3]).Permute(0, 1, 4, 2, 5, 3);
        call.Return(0, divided.Reshape(shape[0], count, shape[2] * block, shape[3] * block));
    }

    private static long BlockSize(Node node) => node.Attributes.Integer("blocksize", 0);

    /// <summary>"DCR", the default: the block's position counts before the channel; "CRD" (pixel shuffle) the other way round.</summary>
    private static bool IsDepthFirst(Node node) => node.Attributes.Text("mode", "DCR") == "DCR";
}

/// <summary>[N, C, b · H, b · W] to [N, b² · C, H, W]: each channel becomes b², the position in the block counting before the channel.</summary>
internal sealed class SpaceToDepth : Operator
{
    public override string Type => "SpaceToDepth";

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0, rank: 4);
        long block = BlockSize(call.Node);
        return block is > 0 and <= DepthToSpace.MostBlock && input[2] % block == 0 && input[3] % block == 0
            ? ShapeCall.One(new(input[0], input[1] * block * block, input[2] / block, input[3] / block))
            : throw call.Fault($"cannot divide {input} into blocks of {block} x {block}");
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (call.IdsAlong(0, 1) is { } ids)
        {
            long pieces = BlockSize(call.Node) * BlockSize(call.Node);
            call.Return(0, [.. Enumerable.Repeat(ids, (int)pieces).SelectMany(block => block)]);
        }
    }

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        long block = BlockSize(call.Node);
        long[] shape = input.Shape;
        var divided = input.Reshape(shape[0], shape[1], shape[2] / block, block, shape[3] / block, block).Permute(0, 3, 5, 1, 2, 4);
        call.Return(0, divided.Reshape(shape[0], shape[1] * block * block, shape[2] / block, shape[3] / block));
    }

    private static long BlockSize(Node node) => node.Attributes.Integer("blocksize", 0);
}
