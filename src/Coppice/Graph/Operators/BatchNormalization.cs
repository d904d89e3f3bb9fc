using System.Collections.Immutable;
using Coppice.Graph.Channels;

namespace Coppice.Graph.Operators;

/// <summary>
/// Batch normalisation (Ioffe &amp; Szegedy, 2015) of [N, C, ...]: scale γ, shift β, running mean and variance, each [C].
/// ONNX's <c>momentum</c> is the share of the old running value that is kept; libtorch's is the share of the new one, 1 − that.
/// </summary>
internal sealed class BatchNormalization : Operator
{
    public override string Type => "BatchNormalization";

    public override ImmutableArray<int> TrainableInputs => [1, 2];

    public override bool CastsParameters => false;

    /// <summary>Share of the batch's statistics in the running ones, as libtorch counts it.</summary>
    public static double Momentum(Node node) => 1 - node.Attributes.Float("momentum", 0.9f);

    /// <summary>What is added to the variance.</summary>
    public static double Epsilon(Node node) => node.Attributes.Float("epsilon", 1e-5f);

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        return input.Rank >= 2 && input[1] == call.Shape(1, rank: 1)[0]
            ? ShapeCall.One(input)
            : throw call.Fault($"normalises {call.Shape(1)} channels, not an input of {input}");
    }

    public override Work? CountWork(ShapeCall call) =>
        new(WorkKind.BatchNormElement, ParameterInput: 1, call.Shape(0).Product(2, call.Shape(0).Rank));

    public override void TraceChannels(ChannelCall call)
    {
        if (call.IdsAlong(0, 1) is not { } ids)
        {
            return;
        }

        bool selects = call.ReadsSelection || call.BeginsSelection;
        if (selects && !call.ReadsSelection)
        {
            ids = call.Select(ids, ids.Length);
        }

        call.Record(1, 0, selects ? ChannelRole.Select : ChannelRole.Follow, ids);
        for (int input = 2; input <= 4; input++)
        {
            call.Record(input, 0, ChannelRole.Follow, ids);
        }

        call.Return(0, ids);
    }

    /// <summary>γ = β = 0, whatever comes in.</summary>
    public override bool KeepsZero(ZeroCall call) => true;

    /// <summary>Channels that only this node loses stay in what it reads, and are left out by a selection in between.</summary>
    public override Node Prune(PruneCall call)
    {
        if (call.InputKept(0) is not { } read || call.OutputKept(0) is not { } written || read.AsSpan().SequenceEqual(written))
        {
            return call.Node;
        }

        return call.WithSelection(0, [.. Enumerable.Range(0, written.Length).Where(channel => written[channel])]);
    }

    public override void Execute(ExecutionCall call) =>
        call.Return(0, call.Input(0).BatchNormAct(
            call.Input(1), call.Input(2), call.Input(3), call.Input(4), call.IsTraining, Momentum(call.Node), Epsilon(call.Node), relu: false, residual: null));
}
