using System.Globalization;

namespace Coppice.Benchmarks;

/// <summary>The networks of a finished run, as its <c>pareto.csv</c> lists them.</summary>
internal static class RunTable
{
    /// <summary>Reads the rows of a run by name.</summary>
    public static Dictionary<string, RunTableRow> Read(string folder)
    {
        string[] lines = File.ReadAllLines(Path.Combine(folder, "pareto.csv"));
        string[] header = lines[0].Split(',');
        return lines[1..].Select(line => new RunTableRow(header, line.Split(','))).ToDictionary(row => row.Text("name"));
    }
}

/// <summary>One row: its cells by the names of their columns.</summary>
internal sealed record RunTableRow(string[] Header, string[] Cells)
{
    /// <summary>A cell as it is.</summary>
    public string Text(string column) => Cells[Array.IndexOf(Header, column)];

    /// <summary>A cell as a number.</summary>
    public double this[string column] => double.Parse(Text(column), CultureInfo.InvariantCulture);
}
