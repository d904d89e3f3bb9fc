namespace Coppice.Tensors;

/// <content>Arithmetic and reductions. Two operands are broadcast against each other as in NumPy.</content>
public sealed partial class Tensor
{
    /// <summary>this + alpha · other.</summary>
    public Tensor Add(Tensor other, double alpha = 1) => Aten.Add.Call(this, other, AsScalar(alpha));

    /// <summary>this + value.</summary>
    public Tensor Add(double value) => Aten.AddScalar.Call(this, AsScalar(value));

    /// <summary>this ← this + alpha · other.</summary>
    public Tensor AddInPlace(Tensor other, double alpha = 1) => InPlace(Aten.AddInPlace, other, AsScalar(alpha));

    /// <summary>this ← this + value.</summary>
    public Tensor AddInPlace(double value) => InPlace(Aten.AddScalarInPlace, AsScalar(value));

    /// <summary>this − other.</summary>
    public Tensor Subtract(Tensor other) => Aten.Subtract.Call(this, other);

    /// <summary>this − value.</summary>
    public Tensor Subtract(double value) => Aten.SubtractScalar.Call(this, AsScalar(value));

    /// <summary>this · other, element by element.</summary>
    public Tensor Multiply(Tensor other) => Aten.Multiply.Call(this, other);

    /// <summary>this · value.</summary>
    public Tensor Multiply(double value) => Aten.MultiplyScalar.Call(this, AsScalar(value));

    /// <summary>this ← this · other, element by element.</summary>
    public Tensor MultiplyInPlace(Tensor other) => InPlace(Aten.MultiplyInPlace, other);

    /// <summary>this ← this · value.</summary>
    public Tensor MultiplyInPlace(double value) => InPlace(Aten.MultiplyScalarInPlace, AsScalar(value));

    /// <summary>this / other, element by element; integers give floats.</summary>
    public Tensor Divide(Tensor other) => Aten.Divide.Call(this, other);

    /// <summary>this / value; integers give floats.</summary>
    public Tensor Divide(double value) => Aten.DivideScalar.Call(this, value);

    /// <summary>−this.</summary>
    public Tensor Negate() => Aten.Negate.Call(this);

    /// <summary>this raised to the exponent, element by element.</summary>
    public Tensor Power(double exponent) => Aten.Power.Call(this, AsScalar(exponent));

    /// <summary>Square roots; NaN for negative elements.</summary>
    public Tensor Sqrt() => Aten.Sqrt.Call(this);

    /// <summary>1 / √this.</summary>
    public Tensor Rsqrt() => Aten.Rsqrt.Call(this);

    /// <summary>e raised to the elements.</summary>
    public Tensor Exp() => Aten.Exp.Call(this);

    /// <summary>Natural logarithms.</summary>
    public Tensor Log() => Aten.Log.Call(this);

    /// <summary>Absolute values.</summary>
    public Tensor Abs() => Aten.Abs.Call(this);

    /// <summary>−1, 0 or 1 for negative, zero and positive elements.</summary>
    public Tensor Sign() => Aten.Sign.Call(this);

    /// <summary>1 / (1 + e^−x).</summary>
    public Tensor Sigmoid() => Aten.Sigmoid.Call(this);

    /// <summary>Hyperbolic tangents.</summary>
    public Tensor Tanh() => Aten.Tanh.Call(this);

    /// <summary>Elements moved into [min, max]; a null bound is none.</summary>
    public Tensor Clamp(double? min, double? max) => Aten.Clamp.Call(this, AsScalar(min), AsScalar(max));

    /// <summary>As <see cref="Clamp"/>, in place.</summary>
    public Tensor ClampInPlace(double? min, double? max) => InPlace(Aten.ClampInPlace, AsScalar(min), AsScalar(max));

    /// <summary>Sum of all elements; integers and truth values are summed as int64.</summary>
    public Tensor Sum(DType? dtype = null) => Aten.Sum.Call(this, dtype);

    /// <summary>Sum over dimensions.</summary>
    /// <param name="dimensions">The dimensions, from 0, or negative from the last, -1.</param>
    /// <param name="keepDim">Whether they stay, with length 1.</param>
    /// <param name="dtype">Type to sum in and to return; null for the tensor's own.</param>
    public Tensor Sum(ReadOnlySpan<long> dimensions, bool keepDim = false, DType? dtype = null) =>
        Aten.SumDimensions.Call(this, dimensions, keepDim, dtype);

    /// <summary>Mean of all elements, which must be floats or converted by <paramref name="dtype"/>.</summary>
    public Tensor Mean(DType? dtype = null) => Aten.Mean.Call(this, dtype);

    /// <summary>Mean over dimensions.</summary>
    /// <inheritdoc cref="Sum(ReadOnlySpan{long}, bool, DType?)"/>
    public Tensor Mean(ReadOnlySpan<long> dimensions, bool keepDim = false, DType? dtype = null) =>
        Aten.MeanDimensions.Call(this, dimensions, keepDim, dtype);

    /// <summary>The largest element; NaN if there is one.</summary>
    public Tensor Max() => Aten.Max.Call(this);

    /// <summary>The largest elements along one dimension, and their indices (int64).</summary>
    public (Tensor Values, Tensor Indices) Max(long dimension, bool keepDim = false)
    {
        var results = Aten.MaxDimension.CallMany(this, dimension, keepDim);
        return (results[0], results[1]);
    }

    /// <summary>The smallest element; NaN if there is one.</summary>
    public Tensor Min() => Aten.Min.Call(this);

    /// <summary>Index (int64) of the largest element along a dimension.</summary>
    public Tensor ArgMax(long dimension, bool keepDim = false) => Aten.ArgMax.Call(this, dimension, keepDim);

    /// <summary>Whether elements are equal (bool).</summary>
    public Tensor Eq(Tensor other) => Aten.Eq.Call(this, other);

    /// <summary>Whether elements equal the value (bool).</summary>
    public Tensor Eq(double value) => Aten.EqScalar.Call(this, AsScalar(value));

    /// <summary>The largest elements over dimensions.</summary>
    /// <inheritdoc cref="Sum(ReadOnlySpan{long}, bool, DType?)"/>
    public Tensor Max(ReadOnlySpan<long> dimensions, bool keepDim) => Aten.MaxDimensions.Call(this, dimensions, keepDim);

    /// <summary>The smallest elements over dimensions.</summary>
    /// <inheritdoc cref="Sum(ReadOnlySpan{long}, bool, DType?)"/>
    public Tensor Min(ReadOnlySpan<long> dimensions, bool keepDim) => Aten.MinDimensions.Call(this, dimensions, keepDim);

    /// <summary>The product over one dimension.</summary>
    public Tensor Product(long dimension, bool keepDim) => Aten.Product.Call(this, dimension, keepDim, TorchValue.None);

    /// <summary>The larger of corresponding elements.</summary>
    public Tensor Maximum(Tensor other) => Aten.Maximum.Call(this, other);

    /// <summary>The smaller of corresponding elements.</summary>
    public Tensor Minimum(Tensor other) => Aten.Minimum.Call(this, other);

    /// <summary>Elements to the power of corresponding elements.</summary>
    public Tensor Power(Tensor exponent) => Aten.PowerTensor.Call(this, exponent);

    /// <summary>Quotients rounded towards zero; integers stay integers.</summary>
    public Tensor DivideTruncating(Tensor other) => Aten.DivideRounding.Call(this, other, "trunc");

    /// <summary>What is left of this / other, with the sign of the divisor.</summary>
    public Tensor Remainder(Tensor other) => Aten.Remainder.Call(this, other);

    /// <summary>What is left of this / other, with the sign of this.</summary>
    public Tensor TruncatedRemainder(Tensor other) => Aten.TruncatedRemainder.Call(this, other);

    /// <summary>A sum of products over named axes, such as <c>bik,bkj-&gt;bij</c>.</summary>
    public static Tensor Einsum(string equation, IReadOnlyList<Tensor> operands) => Aten.Einsum.Call(equation, ToList(operands), TorchValue.None);

    /// <summary>1 / x.</summary>
    public Tensor Reciprocal() => Aten.Reciprocal.Call(this);

    /// <summary>The largest whole number up to x.</summary>
    public Tensor Floor() => Aten.Floor.Call(this);

    /// <summary>The smallest whole number from x on.</summary>
    public Tensor Ceiling() => Aten.Ceiling.Call(this);

    /// <summary>The nearest whole number, halves to even.</summary>
    public Tensor Round() => Aten.Round.Call(this);

    /// <summary>The error function, 2/√π ∫₀ˣ exp(−t²) dt.</summary>
    public Tensor Erf() => Aten.Erf.Call(this);

    /// <summary>Elements of <paramref name="yes"/> where this (bool) is true, of <paramref name="no"/> elsewhere.</summary>
    public Tensor Where(Tensor yes, Tensor no) => Aten.Where.Call(this, yes, no);

    /// <summary>Whether elements are smaller (bool).</summary>
    public Tensor Lt(Tensor other) => Aten.Lt.Call(this, other);

    /// <summary>Matrix product of the last two dimensions, [.., M, K] · [.., K, N] → [.., M, N]; vectors are allowed as in NumPy.</summary>
    public Tensor MatMul(Tensor other) => Aten.MatMul.Call(this, other);

    // A whole number is passed as an integer, so that int64 + 1 stays int64, as in libtorch's own interfaces.
    private static TorchValue AsScalar(double value) =>
        value == Math.Truncate(value) && Math.Abs(value) < 1L << 53 ? (TorchValue)(long)value : value;

    private static TorchValue AsScalar(double? value) => value is { } number ? AsScalar(number) : TorchValue.None;
}
