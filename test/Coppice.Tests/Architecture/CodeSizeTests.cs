using System.Text.RegularExpressions;

namespace Coppice.Tests.Architecture;

/// <summary>A function of 60 lines and a file of 400 are too long to be read at one go. Who needs more says why here.</summary>
public partial class CodeSizeTests
{
    private const int LongestFunction = 60;
    private const int LongestFile = 400;

    /// <summary>Files and functions that may be longer, by path or by <c>path: function</c>, with the reason.</summary>
    private static readonly Dictionary<string, string> Exceptions = [];

    [Fact]
    public void No_file_is_longer_than_400_lines() =>
        Assert.Empty(SourceFiles.All.Where(file => file.Lines.Length > LongestFile && !Exceptions.ContainsKey(file.Path)).Select(file => $"{file.Path}: {file.Lines.Length}"));

    [Fact]
    public void No_function_is_longer_than_60_lines() => Assert.DoesNotContain(
        SourceFiles.All.SelectMany(file => Functions(file.Lines).Select(function => (Name: $"{file.Path}: {function.Name}", function.Length))),
        function => function.Length > LongestFunction && !Exceptions.ContainsKey(function.Name));

    [Fact]
    public void Functions_are_found_with_their_lengths()
    {
        string[] lines =
        [
            "namespace N;",
            "class C(int x)",
            "{",
            "    private static readonly int[] Numbers =",
            "    [",
            "        1,",
            "    ];",
            "",
            "    public C() { }",
            "",
            "    public int Two(",
            "        int a)",
            "    {",
            "        return \"{\".Length;",
            "    }",
            "",
            "    int One() =>",
            "        Two(",
            "            1);",
            "",
            "    class Inner",
            "    {",
            "        void Deep()",
            "        {",
            "            if (true)",
            "            {",
            "            }",
            "        }",
            "    }",
            "}",
        ];

        Assert.Equal([("C", 1), ("Two", 5), ("One", 3), ("Deep", 6)], Functions(lines).Where(function => function.Name != "Numbers"));
    }

    /// <summary>
    /// Members with a parameter list and how many lines they take, found by indentation, which the build enforces: a member begins at a line with a name before a
    /// bracket, at the depth of a type's body, and ends at the next line of the same indentation that closes a block or a statement.
    /// </summary>
    private static IEnumerable<(string Name, int Length)> Functions(string[] lines)
    {
        var bodies = new HashSet<int>();
        for (int i = 0; i < lines.Length; i++)
        {
            string code = SourceFiles.Code(lines[i]);
            int indentation = code.Length - code.TrimStart().Length;
            if (Type().IsMatch(code))
            {
                bodies.RemoveWhere(depth => depth > indentation);
                bodies.Add(indentation + 4);
            }
            else if (bodies.Contains(indentation) && Member().Match(code) is { Success: true } member)
            {
                int end = End(lines, i, indentation);
                yield return (member.Groups["name"].Value, end - i + 1);
                i = end;
            }
        }
    }

    private static int End(string[] lines, int start, int indentation)
    {
        for (int i = start; i < lines.Length; i++)
        {
            string code = SourceFiles.Code(lines[i]).TrimEnd();
            bool isBlockEnd = i > start && code == new string(' ', indentation) + "}";
            bool isOneLine = i == start && (code.EndsWith(';') || code.EndsWith('}'));
            bool isExpressionEnd = i > start && code.EndsWith(';') && !lines[start..i].Any(line => line == new string(' ', indentation) + "{");
            if (isBlockEnd || isOneLine || isExpressionEnd)
            {
                return i;
            }
        }

        return lines.Length - 1;
    }

    [GeneratedRegex(@"^\s*((public|internal|private|protected|file|static|sealed|abstract|partial|readonly|unsafe|ref)\s+)*(class|struct|record|interface|record struct)\s+\w")]
    private static partial Regex Type();

    [GeneratedRegex(@"^\s*(?!return|await|throw|using|if|for|foreach|while|switch|lock|new\b|base\b)[\w<>\[\],.?*() ]*?\b(?<name>\w+)(<[\w, ]+>)?\((?!.*\)\s*=[^>])")]
    private static partial Regex Member();
}
