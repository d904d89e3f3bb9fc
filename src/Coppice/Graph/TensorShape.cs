using System.Collections.Immutable;

namespace Coppice.Graph;

/// <summary>Extents of a tensor, outermost first. Value equality. All extents are known and not negative.</summary>
public readonly struct TensorShape : IEquatable<TensorShape>
{
    private readonly ImmutableArray<long> _extents;

    /// <summary>Creates a shape; no extents make a scalar.</summary>
    public TensorShape(params ReadOnlySpan<long> extents)
    {
        foreach (long extent in extents)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extent, nameof(extents));
        }

        _extents = [.. extents];
    }

    /// <summary>The extents, outermost first.</summary>
    public ImmutableArray<long> Extents => _extents.IsDefault ? [] : _extents;

    /// <summary>Number of axes.</summary>
    public int Rank => Extents.Length;

    /// <summary>Number of elements; 1 for a scalar. Throws <see cref="OverflowException"/> where 64 bits do not hold it.</summary>
    public long Length => Extents.Aggregate(1L, (product, extent) => checked(product * extent));

    /// <summary>Extent along an axis; negative axes count from the end.</summary>
    public long this[int axis] => Extents[axis < 0 ? axis + Rank : axis];

    /// <summary>The same shape with another extent along <paramref name="axis"/>.</summary>
    public TensorShape With(int axis, long extent) => new(Extents.SetItem(axis < 0 ? axis + Rank : axis, extent).AsSpan());

    /// <summary>Product of the extents from <paramref name="start"/> up to but not including <paramref name="end"/>.</summary>
    public long Product(int start, int end) => Extents[start..end].Aggregate(1L, (product, extent) => checked(product * extent));

    /// <inheritdoc/>
    public bool Equals(TensorShape other) => Extents.AsSpan().SequenceEqual(other.Extents.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TensorShape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (long extent in Extents)
        {
            hash.Add(extent);
        }

        return hash.ToHashCode();
    }

    /// <summary>The extents joined by an "x", as in <c>1x3x32x32</c>; <c>scalar</c> without axes.</summary>
    public override string ToString() => Rank == 0 ? "scalar" : string.Join('x', Extents);

    /// <summary>Equality by extents.</summary>
    public static bool operator ==(TensorShape left, TensorShape right) => left.Equals(right);

    /// <summary>Inequality by extents.</summary>
    public static bool operator !=(TensorShape left, TensorShape right) => !left.Equals(right);
}
