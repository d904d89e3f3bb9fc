namespace Coppice.Data;

/// <summary>What becomes of pictures and arrays of any kind before they are the images of a data set. Published sets, whose images have one size, look at none of it.</summary>
public sealed record ImageOptions
{
    /// <summary>Largest length of a side, in pixels.</summary>
    public const int MaxSide = 1 << 14;

    /// <summary>Length of the shorter side after resizing, in pixels, 1 to <see cref="MaxSide"/>; null leaves pictures as large as they are. Default null.</summary>
    public int? Resize { get; init; }

    /// <summary>Side of the square that is cut from the middle after resizing, in pixels, 1 to <see cref="MaxSide"/>; null cuts nothing. Default null.</summary>
    public int? Crop { get; init; }

    /// <summary>C of pictures: 1 for grey, 3 for red, green, blue. Default 3.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Order of the axes of an array of images; null to tell it from the shape. Default null.</summary>
    public ArrayLayout? Layout { get; init; }

    /// <summary>Bytes of decoded pictures that each set keeps, at least 0, so that a small set is decoded once. Default 512 MiB.</summary>
    public long CacheBytes { get; init; } = 1L << 29;

    /// <summary>Reports all faults at once.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    internal void Validate()
    {
        List<string> faults = [];
        if (Resize is < 1 or > MaxSide) faults.Add($"{nameof(Resize)} is 1 to {MaxSide}, but it is {Resize}");
        if (Crop is < 1 or > MaxSide) faults.Add($"{nameof(Crop)} is 1 to {MaxSide}, but it is {Crop}");
        if (Channels is not (1 or 3)) faults.Add($"{nameof(Channels)} is 1 or 3, but it is {Channels}");
        if (CacheBytes < 0) faults.Add($"{nameof(CacheBytes)} is at least 0, but it is {CacheBytes}");
        if (faults.Count > 0) throw new ArgumentException($"Cannot prepare images: {string.Join("; ", faults)}.");
    }
}

/// <summary>Order of the axes of an array of images: N images, C channels, H rows, W columns.</summary>
public enum ArrayLayout
{
    /// <summary>[N, C, H, W], as PyTorch and ONNX have it.</summary>
    Nchw,

    /// <summary>[N, H, W, C], as Keras has it.</summary>
    Nhwc,

    /// <summary>[N, H, W], grey images.</summary>
    Nhw,
}
