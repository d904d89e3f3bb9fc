using System.Globalization;

namespace Coppice.EndToEnd.Tests;

/// <summary>A temporary folder for a run, and its pareto.csv.</summary>
internal sealed class RunFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("coppice-e2e-").FullName;

    public string File(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>A number of pareto.csv.</summary>
    public double Number(string network, string column)
    {
        string[] lines = System.IO.File.ReadAllLines(File("pareto.csv"));
        int index = Array.IndexOf(lines[0].Split(','), column);
        string[] row = lines[1..].Select(line => line.Split(',')).Single(cells => cells[0] == network);
        return double.Parse(row[index], CultureInfo.InvariantCulture);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
