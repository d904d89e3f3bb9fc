using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>
/// Fully connected layer: <c>Y = alpha · A · B + beta · C</c> with A [N, in], B [in, out] (or [out, in] with <c>transB</c>), C broadcast to [N, out].
/// </summary>
internal sealed class Gemm : Operator
{
    public override string Type => "Gemm";

    public override ImmutableArray<int> TrainableInputs => [1, 2];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var (input, weight) = (call.Shape(0, rank: 2), call.Shape(1, rank: 2));
        if (call.Node.Attributes.Integer("transA", 0) != 0)
        {
            throw call.Fault("has transA = 1, which no exporter of layers writes; this version does not take it");
        }

        var (from, to) = Axes(call.Node);
        return input[1] == weight[from]
            ? ShapeCall.One(new(input[0], weight[to]))
            : throw call.Fault($"takes {weight[from]} features, not {input[1]}");
    }

    public override Work? CountWork(ShapeCall call) => new(WorkKind.MultiplyAccumulate, ParameterInput: 1, call.Shape(0)[0]);

    public override void TraceChannels(ChannelCall call)
    {
        if (!call.IsParameter(1))
        {
            call.Block("its weight is computed, not stored");
            return;
        }

        var (from, to) = Axes(call.Node);
        int[] outputs = call.Fresh(call.Shapes.Shape(1)[to]);
        if (call.IdsAlong(0, 1) is { } inputs)
        {
            call.Record(1, from, ChannelRole.Read, inputs);
        }

        call.Record(1, to, ChannelRole.Write, outputs);
        if (call.Shapes.Has(2) && call.Shapes.Shape(2) is { Rank: > 0 } bias && bias[-1] == outputs.Length)
        {
            call.Record(2, bias.Rank - 1, ChannelRole.Follow, outputs);
        }

        call.Return(0, outputs);
    }

    /// <summary>The weights of the channel are zero; a bias that all channels share need not be.</summary>
    public override bool KeepsZero(ZeroCall call) => !call.Shapes.Has(2) || call.IsZero(2);

    public override void Execute(ExecutionCall call)
    {
        var attributes = call.Node.Attributes;
        var weight = attributes.Integer("transB", 0) != 0 ? call.Input(1) : call.Input(1).Transpose(0, 1);
        var (alpha, beta) = (attributes.Float("alpha", 1), attributes.Float("beta", 1));
        if (alpha != 1)
        {
            weight = weight.Multiply(alpha);
        }

        var bias = call.Optional(2) is { } given && beta != 1 ? given.Multiply(beta) : call.Optional(2);
        call.Return(0, call.IsTraining ? call.Input(0).Linear(weight, bias) : InBlocks(call.Input(0), weight, bias));
    }

    /// <summary>
    /// Always so many images at a time: libraries of linear algebra choose among kernels by the number of rows, and these round differently. An image's answer must not depend on how many others are
    /// evaluated with it, nor on which of them it is, for a race shows images in other portions than a score on all of them. 48 leaves no remainder, which would have a kernel of its own, whether
    /// kernels take 4, 6, 8, 12, 16 or 24 rows; OpenBLAS takes 12 on machines with AVX2 alone.
    /// </summary>
    private static Tensor InBlocks(Tensor x, Tensor weight, Tensor? bias)
    {
        const int Rows = 48;
        long rows = x.Size(0);
        if (rows == Rows)
        {
            return x.Linear(weight, bias);
        }

        var blocks = new List<Tensor>();
        for (long start = 0; start < rows; start += Rows)
        {
            long count = Math.Min(Rows, rows - start);
            var block = x.Narrow(0, start, count);
            if (count < Rows)
            {
                block = Tensor.Cat([block, Tensor.Zeros([Rows - count, x.Size(1)], x.DType, x.Device)]);
            }

            blocks.Add(block.Linear(weight, bias).Narrow(0, 0, count));
        }

        return blocks.Count == 0 ? x.Linear(weight, bias) : Tensor.Cat(blocks);
    }

    /// <summary>The axes of the weight that hold inputs and outputs.</summary>
    private static (int From, int To) Axes(Node node) => node.Attributes.Integer("transB", 0) != 0 ? (1, 0) : (0, 1);
}
