using System.Globalization;
using System.Text.Json;

namespace Coppice.Benchmarks;

/// <summary>
/// The table of all methods at one MAC target: runs that differ in method and seed only, same fine-tuning. Accuracy as mean ± standard deviation over seeds; the search's cost in images that went
/// through a network (forward only; an image of a training epoch counts three) and in seconds.
/// </summary>
internal static class MethodComparison
{
    /// <summary>Prints the table of <c>ROOT/METHOD/SEED/study.json</c>.</summary>
    public static void Print(string root)
    {
        var rows = Directory.GetDirectories(root)
            .Select(folder => (Method: Path.GetFileName(folder), Runs: Directory.GetFiles(folder, "study.json", SearchOption.AllDirectories).Select(Read).OfType<Result>().ToArray()))
            .Where(row => row.Runs.Length > 0)
            .OrderByDescending(row => row.Runs.Average(run => run.Accuracy));
        Console.WriteLine("method           seeds  MACs %   test accuracy %     loss             pre-tuning loss   images searched  seconds");
        foreach (var (method, runs) in rows)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{method,-16} {runs.Length,5}  {runs.Average(run => run.MacsPercent),6:F2}   {Spread(runs, run => 100 * run.Accuracy, "F3")}   {Spread(runs, run => run.Loss, "F4")}  {Spread(runs, run => run.SearchLoss, "F4")}   {runs.Average(run => run.Images),15:N0}  {runs.Average(run => run.Seconds),7:F0}"));
        }
    }

    private static string Spread(Result[] runs, Func<Result, double> value, string format)
    {
        double[] values = [.. runs.Select(value)];
        return string.Create(CultureInfo.InvariantCulture, $"{values.Average().ToString(format, CultureInfo.InvariantCulture)} ± {Ratio.Deviation(values).ToString(format, CultureInfo.InvariantCulture)}");
    }

    /// <summary>A finished run, or null for one that was interrupted: its file holds settings only.</summary>
    private static Result? Read(string file)
    {
        using var study = JsonDocument.Parse(File.ReadAllText(file));
        var root = study.RootElement;
        if (!root.TryGetProperty("rows", out var rows))
        {
            return null;
        }

        var (original, found) = (rows[0], rows[rows.GetArrayLength() - 1]);
        return new(
            Macs(found) * 100.0 / Macs(original),
            found.GetProperty("testScore").GetProperty("accuracy").GetDouble(),
            found.GetProperty("testScore").GetProperty("loss").GetDouble(),
            found.TryGetProperty("searchLoss", out var loss) && loss.ValueKind == JsonValueKind.Number ? loss.GetDouble() : double.NaN,
            found.GetProperty("forwardImages").GetInt64(),
            root.GetProperty("seconds").EnumerateArray().Where(entry => entry.GetProperty("key").GetString()!.StartsWith("search:", StringComparison.Ordinal)).Sum(entry => entry.GetProperty("value").GetDouble()));
    }

    private static double Macs(JsonElement row) => row.GetProperty("cost").GetProperty("macs").GetDouble();

    private sealed record Result(double MacsPercent, double Accuracy, double Loss, double SearchLoss, long Images, double Seconds);
}
