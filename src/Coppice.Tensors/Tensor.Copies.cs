namespace Coppice.Tensors;

public sealed partial class Tensor
{
    private static readonly TorchOperator AliasOperator = TorchOperator.Get("aten::alias");
    private static readonly TorchOperator ZerosLikeOperator = TorchOperator.Get("aten::zeros_like");

    /// <summary>Another reference to the same elements.</summary>
    public Tensor Alias() => AliasOperator.Call(this);

    /// <summary>A copy of the elements, in memory in the given order; unlike <see cref="Contiguous"/> also where dimensions of length 1 make orders coincide.</summary>
    public Tensor Clone(MemoryFormat format) => Aten.Clone.Call(this, format);

    /// <summary>Zeros of the same shape, type, device and memory order.</summary>
    public Tensor ZerosLike() => ZerosLikeOperator.Call(this);
}
