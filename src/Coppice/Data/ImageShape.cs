namespace Coppice.Data;

/// <summary>Size of one image, [C, H, W].</summary>
/// <param name="Channels">C: 1 for grey images, 3 for red, green, blue.</param>
/// <param name="Height">H, in pixels.</param>
/// <param name="Width">W, in pixels.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>C · H · W: values in one image.</summary>
    public int PixelCount => checked(Channels * Height * Width);

    /// <summary>For example <c>3x32x32</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Channels}x{Height}x{Width}");
}
