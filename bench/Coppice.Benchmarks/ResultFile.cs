namespace Coppice.Benchmarks;

/// <summary>A CSV file of finished measurements, a line each, that is kept in the repository, so that they can be spread over days and machines.</summary>
internal static class ResultFile
{
    /// <summary>Adds a line; a new file begins with the header.</summary>
    public static void Add(string file, string header, string line)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        string[] known = File.Exists(file) ? File.ReadAllLines(file) : [header];
        File.WriteAllLines(file, [.. known, line]);
    }
}
