using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>
/// An operator on corresponding elements of its inputs with NumPy broadcasting. Operands with equally many channels couple them position by position;
/// a broadcast axis of extent 1 couples nothing; a constant follows the channels of the other operands.
/// </summary>
internal abstract class Elementwise : Operator
{
    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call) =>
        ShapeCall.One(Enumerable.Range(1, call.Node.Inputs.Length - 1).Aggregate(call.Shape(0), (shape, input) => Broadcast(call, shape, call.Shape(input))));

    public override void TraceChannels(ChannelCall call)
    {
        int rank = call.OutputShape().Rank;
        var carriers = Enumerable.Range(0, call.Node.Inputs.Length)
            .Where(input => call.Layout(input) is not null)
            .Select(input => (Input: input, call.Layout(input)!.Ids, Axis: call.Layout(input)!.Axis + rank - call.Shapes.Shape(input).Rank))
            .ToArray();
        if (carriers.Length == 0)
        {
            return;
        }

        var main = carriers.MaxBy(carrier => carrier.Ids.Length);
        if (main.Ids.Length != call.OutputShape()[main.Axis])
        {
            call.Block("it spreads one channel over several");
            return;
        }

        for (int input = 0; input < call.Node.Inputs.Length; input++)
        {
            Couple(call, input, rank, main.Ids, main.Axis);
        }

        call.Return(0, main.Ids, main.Axis);
    }

    /// <summary>A sum of zeros is zero, but an operand that spreads one channel over all leaves none of them zero.</summary>
    public override bool KeepsZero(ZeroCall call) => Enumerable.Range(0, call.Node.Inputs.Length).All(call.IsZero);

    public override void Execute(ExecutionCall call)
    {
        var inputs = Enumerable.Range(0, call.Node.Inputs.Length).Select(call.Input).ToArray();
        call.Return(0, Apply(inputs));
    }

    /// <summary>Computes the result.</summary>
    protected abstract Tensor Apply(Tensor[] inputs);

    /// <summary>Says what an operand has to do with the channels of the result, which lie along an axis of it.</summary>
    private static void Couple(ChannelCall call, int input, int rank, int[] ids, int axis)
    {
        var shape = call.Shapes.Shape(input);
        int own = axis - (rank - shape.Rank);
        bool spreads = own < 0 || shape[own] != ids.Length;
        var layout = call.Layout(input);
        if (layout is not null && layout.Axis == own && !spreads)
        {
            call.Unite(ids, layout.Ids);
        }
        else if (layout is not null)
        {
            call.Lock(layout.Ids, "it spreads one channel over several");
        }

        if (layout is null && !spreads && call.IsParameter(input))
        {
            call.Record(input, own, ChannelRole.Follow, ids);
        }
        else if (!spreads && layout?.Axis != own)
        {
            call.Lock(ids, $"it meets '{call.Node.Inputs[input]}', which stays whole");
        }
    }

    private static TensorShape Broadcast(ShapeCall call, TensorShape left, TensorShape right)
    {
        int rank = Math.Max(left.Rank, right.Rank);
        var extents = new long[rank];
        for (int axis = 1; axis <= rank; axis++)
        {
            long a = axis <= left.Rank ? left[-axis] : 1;
            long b = axis <= right.Rank ? right[-axis] : 1;
            extents[rank - axis] = a == b || b == 1 ? a : a == 1 ? b : throw call.Fault($"cannot broadcast {left} with {right}");
        }

        return new(extents);
    }
}

/// <summary>Elementwise arithmetic whose stored operands are learned where they have an axis: the bias behind a MatMul, the scale of a layer. Numbers without one belong to a formula.</summary>
internal abstract class LearnedElementwise : Elementwise
{
    public override bool Learns(int input, HostTensor value) => ElementTypes.IsFloatingPoint(value.Type) && value.Shape.Rank > 0;
}

/// <summary>a + b.</summary>
internal sealed class Add : LearnedElementwise
{
    public override string Type => "Add";

    public override void Execute(ExecutionCall call)
    {
        var (left, right) = (call.Input(0), call.Input(1));
        bool sameShape = left.Shape.AsSpan().SequenceEqual(right.Shape) && left.DType == right.DType;
        call.Return(0, sameShape && call.MayOverwrite(0) ? left.AddInPlace(right) : sameShape && call.MayOverwrite(1) ? right.AddInPlace(left) : left.Add(right));
    }

    protected override Tensor Apply(Tensor[] inputs) => inputs[0].Add(inputs[1]);
}

/// <summary>a − b.</summary>
internal sealed class Sub : Elementwise
{
    public override string Type => "Sub";

    protected override Tensor Apply(Tensor[] inputs) => inputs[0].Subtract(inputs[1]);
}

/// <summary>a · b.</summary>
internal sealed class Mul : LearnedElementwise
{
    public override string Type => "Mul";

    /// <summary>One zero factor is enough: a squeeze-and-excitation gate behind a sigmoid does not bring a channel back.</summary>
    public override bool KeepsZero(ZeroCall call) => call.IsZero(0) || call.IsZero(1);

    protected override Tensor Apply(Tensor[] inputs) => inputs[0].Multiply(inputs[1]);
}

/// <summary>What is divided: the divisor may hold no zero where a channel is masked.</summary>
internal abstract class Quotient : Elementwise
{
    public override bool MayBeZeroed(int input) => input != 1;

    /// <summary>Zero over a constant without zeros; over anything else it may be no number.</summary>
    public override bool KeepsZero(ZeroCall call) =>
        call.IsZero(0) && call.Shapes.Constant(1) is { } divisor && ElementTypes.IsFloatingPoint(divisor.Type) && divisor.Floats().IndexOf(0f) < 0;
}

/// <summary>a / b; rounded towards zero for integers.</summary>
internal sealed class Div : Quotient
{
    public override string Type => "Div";

    protected override Tensor Apply(Tensor[] inputs) => DTypes.IsInteger(inputs[0].DType) ? inputs[0].DivideTruncating(inputs[1]) : inputs[0].Divide(inputs[1]);
}

/// <summary>What is left of a / b: with the sign of b, or with that of a where <c>fmod</c> is 1.</summary>
internal sealed class Mod : Quotient
{
    public override string Type => "Mod";

    public override void Execute(ExecutionCall call) =>
        call.Return(0, call.Node.Attributes.Integer("fmod", 0) != 0 ? call.Input(0).TruncatedRemainder(call.Input(1)) : Apply([call.Input(0), call.Input(1)]));

    protected override Tensor Apply(Tensor[] inputs) => inputs[0].Remainder(inputs[1]);
}

/// <summary>a to the power of b.</summary>
internal sealed class Pow : Elementwise
{
    public override string Type => "Pow";

    public override bool KeepsZero(ZeroCall call) =>
        call.IsZero(0) && call.Shapes.Constant(1) is { } exponent && ElementTypes.IsFloatingPoint(exponent.Type) && !exponent.Floats().ContainsAnyExceptInRange(float.Epsilon, float.MaxValue);

    /// <summary>A constant exponent goes as a number: squares are then products.</summary>
    public override void Execute(ExecutionCall call)
    {
        bool isNumber = call.IsConstant(1) && call.Host(1) is { Shape.Length: 1 } exponent && ElementTypes.IsFloatingPoint(exponent.Type);
        call.Return(0, isNumber ? call.Input(0).Power(call.Host(1).Floats()[0]) : Apply([call.Input(0), call.Input(1)]));
    }

    protected override Tensor Apply(Tensor[] inputs) => inputs[0].Power(inputs[1]);
}

/// <summary>x where x ≥ 0, else slope · x, with a learned slope for each channel or one for all (He et al., 2015).</summary>
internal sealed class PRelu : Elementwise
{
    public override string Type => "PRelu";

    public override ImmutableArray<int> TrainableInputs => [1];

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    protected override Tensor Apply(Tensor[] inputs) => inputs[0].Relu().Subtract(inputs[0].Negate().Relu().Multiply(inputs[1]));
}

/// <summary>The largest of corresponding elements.</summary>
internal sealed class Max : Elementwise
{
    public override string Type => "Max";

    protected override Tensor Apply(Tensor[] inputs) => inputs.Length == 1 ? inputs[0].Clone() : inputs.Aggregate((largest, other) => largest.Maximum(other));
}

/// <summary>The smallest of corresponding elements.</summary>
internal sealed class Min : Elementwise
{
    public override string Type => "Min";

    protected override Tensor Apply(Tensor[] inputs) => inputs.Length == 1 ? inputs[0].Clone() : inputs.Aggregate((least, other) => least.Minimum(other));
}

/// <summary>The sum of corresponding elements of any number of inputs.</summary>
internal sealed class Sum : Elementwise
{
    public override string Type => "Sum";

    protected override Tensor Apply(Tensor[] inputs) => inputs.Length == 1 ? inputs[0].Clone() : inputs.Aggregate((sum, other) => sum.Add(other));
}

/// <summary>The mean of corresponding elements of any number of inputs.</summary>
internal sealed class Mean : Elementwise
{
    public override string Type => "Mean";

    protected override Tensor Apply(Tensor[] inputs) => inputs.Length == 1 ? inputs[0].Clone() : inputs.Aggregate((sum, other) => sum.Add(other)).Divide(inputs.Length);
}
