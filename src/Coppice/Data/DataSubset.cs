using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Coppice.Data;

/// <summary>Some images of a data set, for one use.</summary>
public sealed class DataSubset
{
    private readonly Lazy<string> _indexHash;

    /// <summary>Selects images.</summary>
    /// <param name="dataset">Where the images are.</param>
    /// <param name="split">What they are for.</param>
    /// <param name="indices">Ascending, each in [0, <see cref="ImageDataset.Count"/>).</param>
    /// <exception cref="ArgumentException">The indices are not ascending or out of range.</exception>
    public DataSubset(ImageDataset dataset, Split split, ImmutableArray<int> indices)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        RequireAscending(dataset, indices);
        (Dataset, Split, Indices) = (dataset, split, indices);
        _indexHash = new Lazy<string>(ComputeIndexHash);
    }

    /// <summary>Where the images are.</summary>
    public ImageDataset Dataset { get; }

    /// <summary>What they are for.</summary>
    public Split Split { get; }

    /// <summary>[Count], positions in <see cref="Dataset"/>, ascending.</summary>
    public ImmutableArray<int> Indices { get; }

    /// <summary>Number of images.</summary>
    public int Count => Indices.Length;

    /// <summary>
    /// SHA-256 of the indices as little-endian 32-bit integers, in lower-case hexadecimal. Together with
    /// <see cref="ImageDataset.ContentHash"/> it says exactly which images were used.
    /// </summary>
    public string IndexHash => _indexHash.Value;

    /// <summary>All images of a data set.</summary>
    public static DataSubset All(ImageDataset dataset, Split split)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        return new(dataset, split, [.. Enumerable.Range(0, dataset.Count)]);
    }

    /// <summary>
    /// A stratified sample: each class in its proportion (largest remainder), its members drawn at random. With the same seed a larger
    /// sample takes up the draw of a smaller one, class by class.
    /// </summary>
    /// <param name="count">Images wanted, [1, <see cref="Count"/>].</param>
    /// <param name="seed">Same seed, same sample.</param>
    /// <exception cref="ArgumentOutOfRangeException">More images than there are, or none.</exception>
    public DataSubset Take(int count, ulong seed)
    {
        if (count < 1 || count > Count)
            throw new ArgumentOutOfRangeException(nameof(count), $"Cannot sample images: the {Split.ToString().ToLowerInvariant()} split holds {Count}, so 1 to {Count} can be taken, but {count} are asked for.");
        return count == Count ? this : new(Dataset, Split, Stratification.Choose(Dataset, Indices, count, seed, RandomStream.Sampling).Chosen);
    }

    /// <summary>Images of each class, [ClassCount].</summary>
    public ImmutableArray<int> CountByClass()
    {
        int[] counts = new int[Dataset.ClassCount];
        foreach (int index in Indices) counts[Dataset.Labels[index]]++;
        return [.. counts];
    }

    private static void RequireAscending(ImageDataset dataset, ImmutableArray<int> indices)
    {
        if (indices.IsDefault) throw new ArgumentException("Cannot select images: the indices are not given.", nameof(indices));

        int previous = -1;
        foreach (int index in indices)
        {
            if (index <= previous || index >= dataset.Count)
                throw new ArgumentException($"Cannot select images: indices ascend and lie in 0..{dataset.Count - 1}, but {index} follows {previous}.", nameof(indices));
            previous = index;
        }
    }

    private string ComputeIndexHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ImageDataset.AppendLittleEndian(hash, Indices.AsSpan());
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
