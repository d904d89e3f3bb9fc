namespace Coppice.Onnx;

/// <summary>Makes a message fit to be shown: names that come out of a file may hold line breaks, terminal commands, or a megabyte of text.</summary>
internal static class OneLine
{
    private const int Longest = 600;

    public static string Of(string message)
    {
        string line = string.Concat(message.Take(Longest).Select(character => char.IsControl(character) ? ' ' : character));
        return message.Length > Longest ? line + " …" : line;
    }
}
