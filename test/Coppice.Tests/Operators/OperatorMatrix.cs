using System.Text;

namespace Coppice.Tests.Operators;

/// <summary>The table of operators and stages, as <c>docs/operators.md</c> has it.</summary>
internal static class OperatorMatrix
{
    private const string Head =
        """
        # Operators

        What becomes of each ONNX operator, from file to file. Each line is a network of its own in `test/Coppice.Tests/Operators/OperatorCases.cs`: a convolution, the operator, a layer that reads it. A tick in

        - **load**: it is read, and written again byte for byte;
        - **shape**: extents are inferred, and are those that ONNX Runtime computes;
        - **units**: channels are followed through it, or must stay, for the reason given;
        - **execute**: the training engine computes what ONNX Runtime computes (1e-5 of the largest output);
        - **train**: gradients come through it (a dash: it has none);
        - **export**: cut, written and run by ONNX Runtime, it computes what the zeroed original computes.

        `./test.sh --unit --filter FullyQualifiedName~OperatorMatrix` holds every tick; `COPPICE_WRITE_DOCS=1` before it writes this page. An operator that is not here is a barrier: what touches it stays
        whole, everything else is pruned, the file still runs in ONNX Runtime, and `coppice inspect` says what the barrier costs.

        | operator and variant | operator set | load | shape | units | execute | train | export |
        |---|---|---|---|---|---|---|---|

        """;

    public static string Of(IEnumerable<OperatorCase> cases)
    {
        var text = new StringBuilder(Head.ReplaceLineEndings("\n"));
        foreach (var tested in cases.OrderBy(tested => tested.Name, StringComparer.Ordinal))
        {
            string units = tested.Locked is { } reason ? $"stay: \"{reason}\"" : "✓";
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {tested.Name} | {tested.OperatorSet} | ✓ | ✓ | {units} | ✓ | {(tested.IsFlat ? "–" : "✓")} | ✓ |\n");
        }

        return text.ToString();
    }
}
