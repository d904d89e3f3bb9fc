namespace Coppice.Tensors;

/// <summary>One native call for a whole list of tensors, as an optimiser's step needs. List entries pair up by position.</summary>
public static class Foreach
{
    /// <summary>tensors[i] ← tensors[i] + alpha · others[i].</summary>
    public static void AddInPlace(IReadOnlyList<Tensor> tensors, IReadOnlyList<Tensor> others, double alpha = 1) =>
        Aten.ForeachAdd.Invoke(Tensor.ToList(tensors), Tensor.ToList(others), alpha);

    /// <summary>tensors[i] ← tensors[i] + value.</summary>
    public static void AddInPlace(IReadOnlyList<Tensor> tensors, double value) => Aten.ForeachAddScalar.Invoke(Tensor.ToList(tensors), value);

    /// <summary>tensors[i] ← tensors[i] · others[i].</summary>
    public static void MultiplyInPlace(IReadOnlyList<Tensor> tensors, IReadOnlyList<Tensor> others) =>
        Aten.ForeachMultiply.Invoke(Tensor.ToList(tensors), Tensor.ToList(others));

    /// <summary>tensors[i] ← tensors[i] · value.</summary>
    public static void MultiplyInPlace(IReadOnlyList<Tensor> tensors, double value) => Aten.ForeachMultiplyScalar.Invoke(Tensor.ToList(tensors), value);

    /// <summary>tensors[i] ← tensors[i] / others[i].</summary>
    public static void DivideInPlace(IReadOnlyList<Tensor> tensors, IReadOnlyList<Tensor> others) =>
        Aten.ForeachDivide.Invoke(Tensor.ToList(tensors), Tensor.ToList(others));

    /// <summary>tensors[i] ← tensors[i] + factor · a[i] · b[i].</summary>
    public static void AddProductInPlace(IReadOnlyList<Tensor> tensors, IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b, double factor = 1) =>
        Aten.ForeachAddProduct.Invoke(Tensor.ToList(tensors), Tensor.ToList(a), Tensor.ToList(b), factor);

    /// <summary>tensors[i] ← tensors[i] + factor · a[i] / b[i].</summary>
    public static void AddQuotientInPlace(IReadOnlyList<Tensor> tensors, IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b, double factor = 1) =>
        Aten.ForeachAddQuotient.Invoke(Tensor.ToList(tensors), Tensor.ToList(a), Tensor.ToList(b), factor);

    /// <summary>√tensors[i], new tensors.</summary>
    public static Tensor[] Sqrt(IReadOnlyList<Tensor> tensors) => Aten.ForeachSqrt.CallMany(Tensor.ToList(tensors));

    /// <summary>tensors[i] ← 0.</summary>
    public static void ZeroInPlace(IReadOnlyList<Tensor> tensors) => Aten.ForeachZero.Invoke(Tensor.ToList(tensors));
}
