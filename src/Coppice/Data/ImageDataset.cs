using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Coppice.Data;

/// <summary>
/// Labelled images in memory, unchanging: N images of C × H × W bytes in the order [N, C, H, W], and a class index for each.
/// Safe to read from many threads.
/// </summary>
public sealed class ImageDataset
{
    private readonly byte[] _pixels;
    private readonly int[] _labels;
    private readonly Lazy<string> _contentHash;

    /// <summary>Takes over both arrays, which must not be changed afterwards.</summary>
    /// <param name="name">What reports call the set, for example <c>fashion-mnist/train</c>.</param>
    /// <param name="pixels">[N, C, H, W], 0 = black, 255 = white.</param>
    /// <param name="labels">[N], each in [0, number of class names).</param>
    /// <param name="shape">Size of one image.</param>
    /// <param name="classNames">Name of each class; their number is the number of classes.</param>
    /// <exception cref="ArgumentException">The lengths disagree, there is no image, or a label is out of range.</exception>
    public ImageDataset(string name, byte[] pixels, int[] labels, ImageShape shape, ImmutableArray<string> classNames)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentNullException.ThrowIfNull(labels);
        RequireConsistent(name, pixels, labels, shape, classNames);

        (Name, Shape, ClassNames) = (name, shape, classNames);
        (_pixels, _labels) = (pixels, labels);
        _contentHash = new Lazy<string>(ComputeContentHash);
    }

    /// <summary>What reports call the set.</summary>
    public string Name { get; }

    /// <summary>Size of every image.</summary>
    public ImageShape Shape { get; }

    /// <summary>C: 1 for grey images, 3 for red, green, blue.</summary>
    public int Channels => Shape.Channels;

    /// <summary>H, in pixels.</summary>
    public int Height => Shape.Height;

    /// <summary>W, in pixels.</summary>
    public int Width => Shape.Width;

    /// <summary>N, the number of images.</summary>
    public int Count => _labels.Length;

    /// <summary>Number of classes; every label is below it.</summary>
    public int ClassCount => ClassNames.Length;

    /// <summary>Name of each class, by label.</summary>
    public ImmutableArray<string> ClassNames { get; }

    /// <summary>All pixels, [N, C, H, W].</summary>
    public ReadOnlySpan<byte> Pixels => _pixels;

    /// <summary>All labels, [N].</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>
    /// SHA-256 of shape, class count, pixels and labels in lower-case hexadecimal: equal for equal data on every machine, whatever file
    /// it came from. Computed when first asked for.
    /// </summary>
    public string ContentHash => _contentHash.Value;

    /// <summary>The pixels of one image, [C, H, W].</summary>
    public ReadOnlySpan<byte> Image(int index) => _pixels.AsSpan(index * Shape.PixelCount, Shape.PixelCount);

    private static void RequireConsistent(
        string name, byte[] pixels, int[] labels, ImageShape shape, ImmutableArray<string> classNames)
    {
        if (shape.Channels < 1 || shape.Height < 1 || shape.Width < 1)
            throw new ArgumentException($"Cannot make data set '{name}': channels, height and width are at least 1, but the shape is {shape}.", nameof(shape));
        if (classNames.IsDefaultOrEmpty)
            throw new ArgumentException($"Cannot make data set '{name}': it needs at least one class, but no class name is given.", nameof(classNames));
        if (labels.Length == 0 || pixels.LongLength != (long)labels.Length * shape.PixelCount)
            throw new ArgumentException($"Cannot make data set '{name}': it needs at least one image and {shape.PixelCount} pixels ({shape}) for each label, but there are {pixels.Length} pixels and {labels.Length} labels.", nameof(pixels));
        if (labels.AsSpan().IndexOfAnyExceptInRange(0, classNames.Length - 1) is var bad and >= 0)
            throw new ArgumentException($"Cannot make data set '{name}': a label lies in 0..{classNames.Length - 1}, but label {bad} is {labels[bad]}.", nameof(labels));
    }

    private string ComputeContentHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendLittleEndian(hash, [Count, Channels, Height, Width, ClassCount]);
        hash.AppendData(_pixels);
        AppendLittleEndian(hash, _labels);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Hashes numbers as little-endian 32-bit integers, so that the hash does not depend on the machine.</summary>
    internal static void AppendLittleEndian(IncrementalHash hash, ReadOnlySpan<int> values)
    {
        if (BitConverter.IsLittleEndian)
        {
            hash.AppendData(MemoryMarshal.AsBytes(values));
            return;
        }

        int[] swapped = new int[values.Length];
        BinaryPrimitives.ReverseEndianness(values, swapped);
        hash.AppendData(MemoryMarshal.AsBytes<int>(swapped));
    }
}
