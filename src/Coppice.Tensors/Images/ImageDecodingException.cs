namespace Coppice.Tensors.Images;

/// <summary>Bytes that are no readable picture. The message says why, to follow "but": <c>it is cut short</c>.</summary>
public sealed class ImageDecodingException : Exception
{
    /// <summary>Creates the exception with the reason.</summary>
    public ImageDecodingException(string message)
        : base(message)
    {
    }

    /// <summary>A reason in the words of a decoder, which may come with line breaks.</summary>
    internal static ImageDecodingException Of(string decoder, string reason) => new($"{decoder} reports: {reason.ReplaceLineEndings(" ").TrimEnd('.', ' ')}");
}
