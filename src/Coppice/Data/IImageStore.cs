using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Coppice.Data;

/// <summary>Where the pixels of a data set are: in memory, or in files that are decoded when they are asked for. Unchanging, and safe to read from many threads.</summary>
internal interface IImageStore
{
    /// <summary>N, the number of images.</summary>
    int Count { get; }

    /// <summary>Size of every image.</summary>
    ImageShape Shape { get; }

    /// <summary>Whether an image costs so much that several threads should make batches.</summary>
    bool IsDecoded { get; }

    /// <summary>What a reader of results must know of the images, in one sentence; null where all is well so far.</summary>
    string? Caveat { get; }

    /// <summary>The pixels of one image, [C, H, W].</summary>
    /// <param name="index">Position of the image.</param>
    /// <param name="scratch">[C, H, W], where a store may write them; used only where <see cref="IsDecoded"/>.</param>
    /// <exception cref="DataException">So many images cannot be read that the set is useless.</exception>
    ReadOnlySpan<byte> Read(int index, Span<byte> scratch);

    /// <summary>Adds to a hash what tells these images from others.</summary>
    void AppendContent(IncrementalHash hash);

    /// <summary>Some of the images.</summary>
    /// <param name="indices">Ascending positions.</param>
    IImageStore Select(ImmutableArray<int> indices);
}
