namespace Coppice.Tensors;

/// <content>Linear algebra.</content>
public sealed unsafe partial class Tensor
{
    /// <summary>The identity matrix, [n, n].</summary>
    public static Tensor Identity(long n, DType dtype = DType.Float32, Device device = default) => Aten.Identity.Call(n, dtype, TorchValue.None, device);

    /// <summary>The diagonal of a matrix, [min(M, N)]; shares its memory.</summary>
    public Tensor Diagonal() => Aten.Diagonal.Call(this);

    /// <summary>L of this = L Lᵀ, lower triangular, for a symmetric positive definite matrix [N, N].</summary>
    /// <exception cref="TorchException">The matrix is not positive definite.</exception>
    public Tensor Cholesky() => Aten.Cholesky.Call(this);

    /// <summary>X of A X = B, this being the Cholesky factor L of A = L Lᵀ.</summary>
    /// <param name="right">B, [N, K].</param>
    /// <returns>[N, K].</returns>
    public Tensor CholeskySolve(Tensor right) => Aten.CholeskySolve.Call(right, this);
}
