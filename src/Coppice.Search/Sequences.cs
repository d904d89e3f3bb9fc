using System.Collections.Immutable;

namespace Coppice.Search;

/// <summary>Value hashing for records around an <see cref="ImmutableArray{T}"/>, which by itself compares by reference.</summary>
internal static class Sequences
{
    public static int HashOf<T>(ImmutableArray<T> items)
    {
        HashCode hash = default;
        foreach (var item in items) hash.Add(item);
        return hash.ToHashCode();
    }
}
