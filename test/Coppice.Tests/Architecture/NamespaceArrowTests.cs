using System.Text.RegularExpressions;

namespace Coppice.Tests.Architecture;

/// <summary>Which part of the program may know which: the arrows of ARCHITECTURE.md, read from <c>using</c> lines and from names that are written in full.</summary>
public partial class NamespaceArrowTests
{
    private static readonly string[] Parts =
        ["Cli", "Criteria", "Data", "Graph", "Models", "Onnx", "Pruning", "Reporting", "Runs", "Search", "Tensors", "Training"];

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Search"] = [],
        ["Tensors"] = [],
        ["Graph"] = ["Tensors"],
        ["Models"] = ["Graph", "Search"],
        ["Onnx"] = ["Graph"],
        ["Data"] = ["Search", "Tensors"], // Tensors for its picture decoders alone
        ["Training"] = ["Graph", "Data", "Tensors", "Search"], // Search for its random streams alone, as Data and Models
        ["Criteria"] = ["Graph", "Search"], // Search for its random streams alone
        ["Pruning"] = ["Graph", "Criteria", "Training", "Data", "Search", "Tensors"],
        ["Runs"] = [.. Parts.Except(["Cli", "Reporting"])],
        ["Reporting"] = ["Runs", "Graph", "Training", "Data"],
        ["Cli"] = Parts,
        [""] = [], // what lies in no folder is known to all and knows nobody
    };

    public static TheoryData<string> Sources => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Part_knows_only_what_its_arrows_allow(string part)
    {
        var files = SourceFiles.All.Where(file => PartOf(file) == part).ToArray();

        var forbidden = files.SelectMany(file => Named(file.Lines).Where(named => named != part && !Allowed[part].Contains(named)).Select(named => $"{file.Path}: {part} → {named}"));

        Assert.Empty(forbidden.Distinct());
    }

    [Fact]
    public void Every_file_belongs_to_a_part_with_arrows() =>
        Assert.Empty(SourceFiles.All.Where(file => !Allowed.ContainsKey(PartOf(file))).Select(file => $"{file.Path}: {PartOf(file)}"));

    [Theory]
    [InlineData("using Coppice.Reporting;", "Reporting")]
    [InlineData("using static Coppice.Graph.Operators.OperatorTable;", "Graph")]
    [InlineData("    var x = Coppice.Onnx.OnnxReader.Read(path);", "Onnx")]
    [InlineData("    global::Coppice.Cli.Program.Main();", "Cli")]
    [InlineData("    // Coppice.Onnx", null)]
    [InlineData("    string text = \"Coppice.Onnx\";", null)]
    [InlineData("    Coppice.CoppiceException fault;", null)]
    public void Name_of_a_part_is_found_in_code_alone(string line, string? part) => Assert.Equal(part is null ? [] : [part], Named([line]));

    /// <summary>The part of the file's namespace; for top-level statements, which have none, of its project.</summary>
    private static string PartOf((string Path, string[] Lines) file)
    {
        var match = file.Lines.Select(line => Declaration().Match(line)).FirstOrDefault(match => match.Success);
        return (match ?? Project().Match(file.Path)).Groups["part"].Value;
    }

    private static string[] Named(string[] lines) =>
        [.. lines.Where(line => !Declaration().IsMatch(line)).SelectMany(line => Reference().Matches(SourceFiles.Code(line))).Select(match => match.Groups["part"].Value).Where(Parts.Contains).Distinct()];

    [GeneratedRegex(@"^namespace Coppice(\.(?<part>\w+))?[\w.]*;")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^src.Coppice(\.(?<part>\w+))?\b")]
    private static partial Regex Project();

    [GeneratedRegex(@"\bCoppice\.(?<part>\w+)")]
    private static partial Regex Reference();
}
