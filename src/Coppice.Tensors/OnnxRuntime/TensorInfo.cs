using System.Collections.Immutable;
using System.Globalization;

namespace Coppice.Tensors.OnnxRuntime;

/// <summary>An input or output as the model declares it.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="ElementType">Its element type; <see cref="TensorElementType.Undefined"/> if it is no tensor.</param>
/// <param name="Dimensions">Its shape; −1 where the model leaves an axis open.</param>
/// <param name="SymbolicNames">For each axis the name that the model gives to its size, such as <c>N</c>; empty if none.</param>
public sealed record TensorInfo(string Name, TensorElementType ElementType, ImmutableArray<long> Dimensions, ImmutableArray<string> SymbolicNames)
{
    /// <summary>Whether a tensor of this shape may be given: the same rank, and the same size on each axis that is not open.</summary>
    public bool Accepts(ReadOnlySpan<long> shape)
    {
        if (shape.Length != Dimensions.Length) return false;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (Dimensions[axis] >= 0 && shape[axis] != Dimensions[axis]) return false;
        }

        return true;
    }

    /// <summary>Equal names, types and axes; the arrays are compared by their elements.</summary>
    public bool Equals(TensorInfo? other) =>
        other is not null && Name == other.Name && ElementType == other.ElementType && Dimensions.SequenceEqual(other.Dimensions) && SymbolicNames.SequenceEqual(other.SymbolicNames);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, ElementType, Dimensions.Length);

    /// <summary>Such as <c>x: Float32[N,3,32,32]</c>; an open axis without a name is a <c>?</c>.</summary>
    public override string ToString() => $"{Name}: {Describe()}";

    /// <summary>The same without the name.</summary>
    internal string Describe() => $"{ElementType}[{string.Join(',', Dimensions.Select(Axis))}]";

    private string Axis(long size, int axis)
    {
        if (size >= 0) return size.ToString(CultureInfo.InvariantCulture);
        return SymbolicNames[axis].Length > 0 ? SymbolicNames[axis] : "?";
    }
}
