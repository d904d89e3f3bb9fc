using Coppice.Search;

namespace Coppice.Data;

/// <summary>Random changes of training images: zero padding with a random crop, then a mirror image. The default changes nothing.</summary>
/// <remarks>
/// The border is black, pixel 0 before normalising, as in the PyTorch code of the papers (their Lua code pads with the mean colour).
/// </remarks>
public sealed record Augmentation
{
    /// <summary>Images as they are.</summary>
    public static Augmentation None { get; } = new();

    /// <summary>Pad 2 and flip: clothes are symmetrical, and fill the 28 × 28 frame.</summary>
    public static Augmentation FashionMnist { get; } = new() { PadCrop = 2, HorizontalFlip = 0.5 };

    /// <summary>Pad 4 and flip, as in nearly every paper on CIFAR (He et al., 2016, section 4.2).</summary>
    public static Augmentation Cifar { get; } = new() { PadCrop = 4, HorizontalFlip = 0.5 };

    /// <summary>Flip alone: pictures of any content and size.</summary>
    public static Augmentation Flip { get; } = new() { HorizontalFlip = 0.5 };

    /// <summary>
    /// Pixels of black border added on each side before a window of the old size is cut out at a random place, so that the image moves
    /// by −PadCrop to PadCrop in either direction. Default 0; below height and width.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Set below 0.</exception>
    public int PadCrop
    {
        get;
        init => field = value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), $"Cannot augment: {nameof(PadCrop)} is 0 pixels or more, but it is {value}.");
    }

    /// <summary>Probability that the image is mirrored left to right, [0, 1]. Default 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Set outside [0, 1].</exception>
    public double HorizontalFlip
    {
        get;
        init => field = value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), FormattableString.Invariant($"Cannot augment: {nameof(HorizontalFlip)} lies in [0, 1], but it is {value}."));
    }

    /// <summary>The change of one image: depends on seed, epoch and the image's index in its data set, on nothing else.</summary>
    internal Placement Sample(ulong seed, int epoch, int image)
    {
        if (PadCrop == 0 && HorizontalFlip == 0) return default;

        var rng = Rng.For(seed, RandomStream.Augmentation, (ulong)epoch, (ulong)image);
        return new(
            Down: rng.Next((2 * PadCrop) + 1) - PadCrop,
            Right: rng.Next((2 * PadCrop) + 1) - PadCrop,
            Mirrored: rng.Chance(HorizontalFlip));
    }
}
