using System.Text.RegularExpressions;
using Coppice.Tests.Oracles;

namespace Coppice.Tests.Architecture;

/// <summary>The C# files under <c>src</c>.</summary>
internal static partial class SourceFiles
{
    public static IReadOnlyList<(string Path, string[] Lines)> All { get; } =
    [
        .. Directory.GetFiles(System.IO.Path.Combine(Checkout.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{System.IO.Path.DirectorySeparatorChar}obj{System.IO.Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(path => (System.IO.Path.GetRelativePath(Checkout.Root, path), File.ReadAllLines(path)))
            .OrderBy(file => file.Item1, StringComparer.Ordinal),
    ];

    /// <summary>A line without strings, characters and comments, so that braces and names in it are code.</summary>
    public static string Code(string line)
    {
        string code = Literal().Replace(line, "\"\"");
        int comment = code.IndexOf("//", StringComparison.Ordinal);
        return comment < 0 ? code : code[..comment];
    }

    [GeneratedRegex("""\$?@?"(\\.|[^"\\])*"|'(\\.|[^'\\])'""")]
    private static partial Regex Literal();
}
