using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Coppice.Data;

/// <summary>
/// Labelled images, unchanging: N images of C × H × W bytes and a class index for each. They lie in memory, or in files that are decoded when
/// they are asked for. Safe to read from many threads.
/// </summary>
public sealed class ImageDataset
{
    private readonly IImageStore _images;
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
        : this(name, InMemory(name, pixels, labels, shape), labels, classNames)
    {
    }

    /// <summary>Images of a store.</summary>
    /// <param name="name">What reports call the set.</param>
    /// <param name="images">N images.</param>
    /// <param name="labels">[N], each in [0, number of class names); all 0 where the images have no labels.</param>
    /// <param name="classNames">Name of each class; one name that stands for all images where they have no labels.</param>
    /// <exception cref="ArgumentException">There is not a label for each image, or one is out of range.</exception>
    internal ImageDataset(string name, IImageStore images, int[] labels, ImmutableArray<string> classNames)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        RequireLabels(name, images.Count, labels, classNames);

        (Name, ClassNames) = (name, classNames);
        (_images, _labels) = (images, labels);
        _contentHash = new Lazy<string>(ComputeContentHash);
    }

    /// <summary>What reports call the set.</summary>
    public string Name { get; }

    /// <summary>Size of every image.</summary>
    public ImageShape Shape => _images.Shape;

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

    /// <summary>Whether the images have labels; without, they can calibrate and verify a network, not train or judge one.</summary>
    public bool HasLabels { get; internal init; } = true;

    /// <summary>What a reader of results must know of the images, in one sentence, such as that some could not be read; null where all is well so far.</summary>
    public string? Caveat => _images.Caveat;

    /// <summary>All pixels, [N, C, H, W].</summary>
    /// <exception cref="InvalidOperationException">They lie in files, not in memory.</exception>
    public ReadOnlySpan<byte> Pixels => _images is MemoryImages memory
        ? memory.Pixels
        : throw new InvalidOperationException($"Cannot give out all pixels of '{Name}': they lie in files; ask for one image at a time.");

    /// <summary>All labels, [N].</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>
    /// SHA-256 of shape, class count, pixels and labels in lower-case hexadecimal: equal for equal data on every machine, whatever file
    /// it came from. Of pictures in files, which are too many to be read for it: their names, lengths and sizes instead of their pixels.
    /// Computed when first asked for.
    /// </summary>
    public string ContentHash => _contentHash.Value;

    /// <summary>Whether an image costs so much that several threads should make batches.</summary>
    internal bool IsDecoded => _images.IsDecoded;

    /// <summary>Memory that <see cref="Image(int, Span{byte})"/> needs for an image.</summary>
    internal int ScratchBytes => IsDecoded ? Shape.PixelCount : 0;

    /// <summary>The pixels of one image, [C, H, W].</summary>
    /// <exception cref="DataException">They lie in files of which too many cannot be read.</exception>
    public ReadOnlySpan<byte> Image(int index) => Image(index, new byte[ScratchBytes]);

    /// <summary>The pixels of one image, [C, H, W], good until the scratch memory of <see cref="ScratchBytes"/> bytes is used again.</summary>
    internal ReadOnlySpan<byte> Image(int index, Span<byte> scratch) => _images.Read(index, scratch);

    /// <summary>Some of the images as a set of their own.</summary>
    internal ImageDataset Select(string name, ImmutableArray<int> indices) =>
        new(name, _images.Select(indices), [.. indices.Select(index => _labels[index])], ClassNames) { HasLabels = HasLabels };

    private static MemoryImages InMemory(string name, byte[] pixels, int[] labels, ImageShape shape)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentNullException.ThrowIfNull(labels);
        if (shape.Channels < 1 || shape.Height < 1 || shape.Width < 1)
            throw new ArgumentException($"Cannot make data set '{name}': channels, height and width are at least 1, but the shape is {shape}.", nameof(shape));
        if (labels.Length == 0 || pixels.LongLength != (long)labels.Length * shape.PixelCount)
            throw new ArgumentException($"Cannot make data set '{name}': it needs at least one image and {shape.PixelCount} pixels ({shape}) for each label, but there are {pixels.Length} pixels and {labels.Length} labels.", nameof(pixels));
        return new(pixels, shape);
    }

    private static void RequireLabels(string name, int images, int[] labels, ImmutableArray<string> classNames)
    {
        if (classNames.IsDefaultOrEmpty)
            throw new ArgumentException($"Cannot make data set '{name}': it needs at least one class, but no class name is given.", nameof(classNames));
        if (labels.Length != images)
            throw new ArgumentException($"Cannot make data set '{name}': it needs a label for each image, but there are {images} images and {labels.Length} labels.", nameof(labels));
        if (labels.AsSpan().IndexOfAnyExceptInRange(0, classNames.Length - 1) is var bad and >= 0)
            throw new ArgumentException($"Cannot make data set '{name}': a label lies in 0..{classNames.Length - 1}, but label {bad} is {labels[bad]}.", nameof(labels));
    }

    private string ComputeContentHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendLittleEndian(hash, [Count, Channels, Height, Width, ClassCount]);
        _images.AppendContent(hash);
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
