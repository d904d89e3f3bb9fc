namespace Coppice.Models;

/// <summary>What may be chosen about a network of the <see cref="ModelCatalog"/>. What is null is the network's own, see <see cref="ModelDescription"/>.</summary>
public sealed record ModelOptions
{
    /// <summary>Number of classes, at least 1.</summary>
    public int? Classes { get; init; }

    /// <summary>Channels of an image, at least 1: 3 for colour, 1 for grey.</summary>
    public int? InputChannels { get; init; }

    /// <summary>Rows and columns of an image in pixels, at least 1; the architecture may need more.</summary>
    public int? InputSize { get; init; }

    /// <summary>Seed of the starting values.</summary>
    public ulong Seed { get; init; }

    /// <summary>What the parameters hold.</summary>
    public WeightInitialization Initialization { get; init; } = WeightInitialization.Random;
}
