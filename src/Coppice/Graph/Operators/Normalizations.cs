using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>Instance normalisation (Ulyanov et al., 2016) of [N, C, ...]: each channel of each image on its own, with scale γ [C] and shift β [C].</summary>
internal sealed class InstanceNormalization : Activation
{
    public override string Type => "InstanceNormalization";

    public override ImmutableArray<int> TrainableInputs => [1, 2];

    public override void TraceChannels(ChannelCall call)
    {
        if (call.IdsAlong(0, 1) is { } ids)
        {
            call.Record(1, 0, ChannelRole.Follow, ids);
            call.Record(2, 0, ChannelRole.Follow, ids);
            call.Return(0, ids);
        }
    }

    /// <summary>γ = β = 0, whatever comes in.</summary>
    public override bool KeepsZero(ZeroCall call) => true;

    protected override Tensor Apply(ExecutionCall call) =>
        call.Input(0).GroupNorm(call.Input(0).Size(1), call.Input(1), call.Input(2), call.Node.Attributes.Float("epsilon", 1e-5f));
}

/// <summary>
/// Group normalisation (Wu &amp; He, 2018) of [N, C, ...] over blocks of channels, with scale and shift [C]; [groups] before operator set 21. A channel that goes would change its block's mean and variance, so all stay.
/// </summary>
internal sealed class GroupNormalization : Activation
{
    public override string Type => "GroupNormalization";

    public override ImmutableArray<int> TrainableInputs => [1, 2];

    public override void TraceChannels(ChannelCall call) => call.Block("it normalises channels together");

    protected override Tensor Apply(ExecutionCall call)
    {
        var (input, scale, shift) = (call.Input(0), call.Input(1), call.Input(2));
        long groups = call.Node.Attributes.Integer("num_groups", 1), block = input.Size(1) / Math.Max(1, groups);
        double epsilon = call.Node.Attributes.Float("epsilon", 1e-5f);
        return call.OperatorSet >= 21 || groups == input.Size(1)
            ? input.GroupNorm(groups, scale, shift, epsilon)
            : input.GroupNorm(groups, Spread(scale, block), Spread(shift, block), epsilon);
    }

    /// <summary>One number for each channel of a block.</summary>
    private static Tensor Spread(Tensor perGroup, long block) => perGroup.Unsqueeze(1).Expand(perGroup.Length, block).Reshape(perGroup.Length * block);
}

/// <summary>
/// Layer normalisation (Ba et al., 2016) over the stated axis and all behind it, with scale and shift of their shape. Channels along one of them stay: one that goes would change the mean and variance.
/// </summary>
internal sealed class LayerNormalization : Activation
{
    public override string Type => "LayerNormalization";

    public override ImmutableArray<int> TrainableInputs => [1, 2];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        int axis = call.Axis(call.Node.Attributes.Integer("axis", -1), input.Rank);
        var statistics = new TensorShape([.. input.Extents[..axis], .. Enumerable.Repeat(1L, input.Rank - axis)]);
        return [input, statistics, statistics];
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (call.Layout(0) is { } layout && layout.Axis >= call.Node.Attributes.Axis(-1, call.Shapes.Shape(0).Rank))
        {
            call.Block("it normalises channels together");
            return;
        }

        call.PassThrough();
    }

    protected override Tensor Apply(ExecutionCall call)
    {
        var input = call.Input(0);
        long[] shape = input.Shape[call.Node.Attributes.Axis(-1, input.Rank)..];
        double epsilon = call.Node.Attributes.Float("epsilon", 1e-5f);
        return input.LayerNorm(shape, call.Input(1).Reshape(shape), call.Optional(2)?.Reshape(shape), epsilon);
    }
}
