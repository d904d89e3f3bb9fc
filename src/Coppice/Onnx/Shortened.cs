namespace Coppice.Onnx;

/// <summary>Makes a message fit to be shown: names that come out of a file may be a megabyte long.</summary>
internal static class Shortened
{
    private const int Longest = 600;

    public static string Of(string message) => message.Length > Longest ? $"{message.AsSpan(0, Longest)} …" : message;
}
