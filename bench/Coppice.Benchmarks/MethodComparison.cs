using System.Globalization;
using System.Text.Json;

namespace Coppice.Benchmarks;

/// <summary>
/// The table of methods at one MAC target: same fine-tuning, several seeds. A method of a finished run is a line of a CSV file that is kept, so that a comparison may take several
/// days and machines. Accuracy as mean ± standard deviation over seeds; the search's cost in images that went through a network (one of a training counts three) and in seconds.
/// </summary>
internal static class MethodComparison
{
    private const string Header = "method,seed,macs_percent,test_accuracy,test_loss,loss_before_tuning,images_searched,seconds_searched,commit,machine";

    /// <summary>Adds the methods of a finished run to the file.</summary>
    public static void Record(string file, string seed, string folder, string commit)
    {
        using var study = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "study.json")));
        var root = study.RootElement;
        var rows = root.GetProperty("rows");
        var seconds = root.GetProperty("seconds").EnumerateArray().ToDictionary(entry => entry.GetProperty("key").GetString()!, entry => entry.GetProperty("value").GetDouble());
        var environment = root.GetProperty("environment");
        string processor = environment.GetProperty("processor").GetString()!.Replace(',', ' ') + (environment.GetProperty("hasBFloat16").GetBoolean() ? "" : " without bf16");
        foreach (var found in rows.EnumerateArray().Skip(1))
        {
            string method = found.GetProperty("name").GetString()!;
            var test = found.GetProperty("testScore");
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"{method},{seed},{100 * Macs(found) / Macs(rows[0]):F2},{test.GetProperty("accuracy").GetDouble():F4},{test.GetProperty("loss").GetDouble():F5},{found.GetProperty("searchLoss").GetDouble():F5},{found.GetProperty("forwardImages").GetInt64()},{seconds[$"search: {method}"]:F0},{commit},{processor}");
            ResultFile.Add(file, Header, line);
        }
    }

    /// <summary>Prints the table, and how well the loss before fine-tuning foretells the one after it.</summary>
    public static void Print(string file)
    {
        Run[] all = [.. File.ReadLines(file).Skip(1).Select(line => Run.Parse(line.Split(',')))];
        Console.WriteLine("method           seeds  MACs %   test accuracy %     loss             pre-tuning loss   images searched  seconds");
        foreach (var runs in all.GroupBy(run => run.Method).Select(group => group.ToArray()).OrderByDescending(runs => runs.Average(run => run.Accuracy)))
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{runs[0].Method,-16} {runs.Length,5}  {runs.Average(run => run.MacsPercent),6:F2}   {Spread(runs, run => 100 * run.Accuracy, "F3")}   {Spread(runs, run => run.Loss, "F4")}  {Spread(runs, run => run.LossBefore, "F4")}   {runs.Average(run => run.Images),15:N0}  {runs.Average(run => run.Seconds),7:F0}"));
        }

        if (all.Length > 2)
        {
            double rho = Ratio.RankCorrelation([.. all.Select(run => run.LossBefore)], [.. all.Select(run => run.Loss)]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rank correlation of the loss before fine-tuning with the test loss after it, {all.Length} runs: {rho:F2}"));
        }

        Console.WriteLine($"commits and machines: {string.Join("; ", all.Select(run => run.Code).Distinct())}");
    }

    private static string Spread(Run[] runs, Func<Run, double> value, string format)
    {
        double[] values = [.. runs.Select(value)];
        return string.Create(CultureInfo.InvariantCulture, $"{values.Average().ToString(format, CultureInfo.InvariantCulture)} ± {Ratio.Deviation(values).ToString(format, CultureInfo.InvariantCulture)}");
    }

    private static double Macs(JsonElement row) => row.GetProperty("cost").GetProperty("macs").GetDouble();

    private sealed record Run(string Method, double MacsPercent, double Accuracy, double Loss, double LossBefore, double Images, double Seconds, string Code)
    {
        public static Run Parse(string[] cells)
        {
            double[] numbers = [.. cells[2..8].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
            return new(cells[0], numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], $"{cells[8]} on {cells[9]}");
        }
    }
}
