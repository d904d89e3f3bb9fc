namespace Coppice.Tensors;

/// <summary>
/// Every ATen operator that this library relies on, in one table: what a newer libtorch must still have. A test resolves all.
/// </summary>
internal static class Aten
{
    internal static readonly TorchOperator Empty = Find("empty", "memory_format");
    internal static readonly TorchOperator Zeros = Find("zeros");
    internal static readonly TorchOperator Full = Find("full");
    internal static readonly TorchOperator ToDType = Find("to", "dtype");
    internal static readonly TorchOperator ToDevice = Find("to", "device");
    internal static readonly TorchOperator Contiguous = Find("contiguous");
    internal static readonly TorchOperator Clone = Find("clone");
    internal static readonly TorchOperator Detach = Find("detach");
    internal static readonly TorchOperator CopyInPlace = Find("copy_");
    internal static readonly TorchOperator FillInPlace = Find("fill_", "Scalar");

    internal static readonly TorchOperator Add = Find("add", "Tensor");
    internal static readonly TorchOperator AddScalar = Find("add", "Scalar");
    internal static readonly TorchOperator AddInPlace = Find("add_", "Tensor");
    internal static readonly TorchOperator AddScalarInPlace = Find("add_", "Scalar");
    internal static readonly TorchOperator Subtract = Find("sub", "Tensor");
    internal static readonly TorchOperator SubtractScalar = Find("sub", "Scalar");
    internal static readonly TorchOperator Multiply = Find("mul", "Tensor");
    internal static readonly TorchOperator MultiplyScalar = Find("mul", "Scalar");
    internal static readonly TorchOperator MultiplyInPlace = Find("mul_", "Tensor");
    internal static readonly TorchOperator MultiplyScalarInPlace = Find("mul_", "Scalar");
    internal static readonly TorchOperator Divide = Find("div", "Tensor");
    internal static readonly TorchOperator DivideScalar = Find("div", "Scalar");
    internal static readonly TorchOperator Negate = Find("neg");
    internal static readonly TorchOperator Power = Find("pow", "Tensor_Scalar");
    internal static readonly TorchOperator Sqrt = Find("sqrt");
    internal static readonly TorchOperator Rsqrt = Find("rsqrt");
    internal static readonly TorchOperator Exp = Find("exp");
    internal static readonly TorchOperator Log = Find("log");
    internal static readonly TorchOperator Abs = Find("abs");
    internal static readonly TorchOperator Sign = Find("sign");
    internal static readonly TorchOperator Sigmoid = Find("sigmoid");
    internal static readonly TorchOperator Tanh = Find("tanh");
    internal static readonly TorchOperator Clamp = Find("clamp");
    internal static readonly TorchOperator ClampInPlace = Find("clamp_");
    internal static readonly TorchOperator Sum = Find("sum");
    internal static readonly TorchOperator SumDimensions = Find("sum", "dim_IntList");
    internal static readonly TorchOperator Mean = Find("mean");
    internal static readonly TorchOperator MeanDimensions = Find("mean", "dim");
    internal static readonly TorchOperator Max = Find("max");
    internal static readonly TorchOperator MaxDimension = Find("max", "dim");
    internal static readonly TorchOperator Min = Find("min");
    internal static readonly TorchOperator ArgMax = Find("argmax");
    internal static readonly TorchOperator Eq = Find("eq", "Tensor");
    internal static readonly TorchOperator EqScalar = Find("eq", "Scalar");
    internal static readonly TorchOperator MatMul = Find("matmul");
    internal static readonly TorchOperator Identity = Find("eye");
    internal static readonly TorchOperator Diagonal = Find("diagonal");
    internal static readonly TorchOperator Cholesky = Find("linalg_cholesky");
    internal static readonly TorchOperator CholeskySolve = Find("cholesky_solve");

    internal static readonly TorchOperator Reshape = Find("reshape");
    internal static readonly TorchOperator View = Find("view");
    internal static readonly TorchOperator Flatten = Find("flatten", "using_ints");
    internal static readonly TorchOperator Permute = Find("permute");
    internal static readonly TorchOperator Transpose = Find("transpose", "int");
    internal static readonly TorchOperator Slice = Find("slice", "Tensor");
    internal static readonly TorchOperator Narrow = Find("narrow");
    internal static readonly TorchOperator Select = Find("select", "int");
    internal static readonly TorchOperator IndexSelect = Find("index_select");
    internal static readonly TorchOperator IndexCopy = Find("index_copy");
    internal static readonly TorchOperator Unfold = Find("im2col");
    internal static readonly TorchOperator Cat = Find("cat");
    internal static readonly TorchOperator Stack = Find("stack");
    internal static readonly TorchOperator Pad = Find("constant_pad_nd");
    internal static readonly TorchOperator Unsqueeze = Find("unsqueeze");
    internal static readonly TorchOperator Squeeze = Find("squeeze", "dim");
    internal static readonly TorchOperator Expand = Find("expand");
    internal static readonly TorchOperator Split = Find("split_with_sizes");

    internal static readonly TorchOperator Conv2d = Find("conv2d");
    internal static readonly TorchOperator Linear = Find("linear");
    internal static readonly TorchOperator Relu = Find("relu");
    internal static readonly TorchOperator ReluInPlace = Find("relu_");
    internal static readonly TorchOperator Softmax = Find("softmax", "int");
    internal static readonly TorchOperator LogSoftmax = Find("log_softmax", "int");
    internal static readonly TorchOperator MaxPool2d = Find("max_pool2d");
    internal static readonly TorchOperator AveragePool2d = Find("avg_pool2d");
    internal static readonly TorchOperator AdaptiveAveragePool2d = Find("adaptive_avg_pool2d");
    internal static readonly TorchOperator AdaptiveMaxPool2d = Find("adaptive_max_pool2d");
    internal static readonly TorchOperator Dropout = Find("dropout");
    internal static readonly TorchOperator BatchNorm = Find("batch_norm");
    internal static readonly TorchOperator CrossEntropy = Find("cross_entropy_loss");
    internal static readonly TorchOperator KlDiv = Find("kl_div");

    internal static readonly TorchOperator ForeachAdd = Find("_foreach_add_", "List");
    internal static readonly TorchOperator ForeachAddScalar = Find("_foreach_add_", "Scalar");
    internal static readonly TorchOperator ForeachMultiply = Find("_foreach_mul_", "List");
    internal static readonly TorchOperator ForeachMultiplyScalar = Find("_foreach_mul_", "Scalar");
    internal static readonly TorchOperator ForeachDivide = Find("_foreach_div_", "List");
    internal static readonly TorchOperator ForeachAddProduct = Find("_foreach_addcmul_", "Scalar");
    internal static readonly TorchOperator ForeachAddQuotient = Find("_foreach_addcdiv_", "Scalar");
    internal static readonly TorchOperator ForeachSqrt = Find("_foreach_sqrt");
    internal static readonly TorchOperator ForeachZero = Find("_foreach_zero_");

    private static TorchOperator Find(string name, string overload = "") => new($"aten::{name}", overload);
}
