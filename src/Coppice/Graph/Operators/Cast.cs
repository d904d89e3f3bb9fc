using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>
/// The same numbers in another element type, as half-precision files have it around their inputs and outputs. The training engine computes in a precision of its own whatever the file's,
/// so between floating-point types it is the input itself.
/// </summary>
internal sealed class Cast : Activation
{
    public override string Type => "Cast";

    public override bool AliasesInput => true;

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    protected override Tensor Apply(ExecutionCall call)
    {
        var target = (ElementType)call.Node.Attributes.Integer("to", 0);
        var input = call.Input(0);
        return !ElementTypes.IsFloatingPoint(target)
            ? throw new UnsupportedModelException($"Cannot execute {call.Node}: it makes {target} of its input; this version computes with floating-point numbers alone.")
            : input.DType.IsFloatingPoint() ? input.Alias() : input.To(DType.Float32);
    }
}
