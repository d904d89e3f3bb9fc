namespace Coppice.Data;

/// <summary>How a <see cref="DataLoader"/> makes batches. None of the options but the first five changes a number in them.</summary>
public sealed record DataLoaderOptions
{
    /// <summary>Images per batch, at least 1. Default 128.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>A new random order each epoch (for training), or the order of the indices (for evaluation). Default true.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Leaves out the last batch of an epoch when it is smaller than the others. Default false.</summary>
    public bool DropLast { get; init; }

    /// <summary>Random changes of the images. Default none.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.None;

    /// <summary>Order and augmentation follow from it. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// Threads that make batches ahead of the consumer, at least 0; with 0 the consumer makes them itself. Default 1. Pictures that are decoded on the way get one per core,
    /// up to 4.
    /// </summary>
    public int Workers { get; init; } = 1;

    /// <summary>Most batches made ahead, at least 1; bounds the memory. Default 3.</summary>
    public int Prefetch { get; init; } = 3;

    /// <summary>Reports all faults at once.</summary>
    /// <exception cref="ArgumentException">An option is out of its range, or they do not suit the images.</exception>
    internal void Validate(DataSubset subset, Normalization normalization)
    {
        var shape = subset.Dataset.Shape;
        List<string> faults = [];
        if (subset.Count == 0) faults.Add("there is no image");
        if (BatchSize < 1) faults.Add($"{nameof(BatchSize)} is at least 1, but it is {BatchSize}");
        if (Workers < 0) faults.Add($"{nameof(Workers)} is at least 0, but it is {Workers}");
        if (Prefetch < 1) faults.Add($"{nameof(Prefetch)} is at least 1, but it is {Prefetch}");
        if (DropLast && subset.Count > 0 && BatchSize > subset.Count)
            faults.Add($"{nameof(DropLast)} leaves nothing of {subset.Count} images in batches of {BatchSize}");
        if (Augmentation.PadCrop >= Math.Min(shape.Height, shape.Width))
            faults.Add($"{nameof(Augmentation.PadCrop)} is below height and width of {shape}, but it is {Augmentation.PadCrop}");
        if (normalization.Channels != shape.Channels)
            faults.Add($"the normalisation is for {normalization.Channels} channels, but the images have {shape.Channels}");
        if (faults.Count > 0)
            throw new ArgumentException($"Cannot load batches of '{subset.Dataset.Name}': {string.Join("; ", faults)}.");
    }
}
