using System.Globalization;

namespace Coppice.Benchmarks;

/// <summary>Summarises runs that differ in their seed only: mean and standard deviation of the test accuracy of each network, and the lead of the algorithm over each baseline.</summary>
internal static class SeedSummary
{
    private const string Algorithm = "ccep";

    public static void Print(string[] folders)
    {
        var runs = folders.Select(folder => Read(Path.Combine(folder, "pareto.csv"))).ToArray();
        foreach (string name in runs[0].Keys)
        {
            double[] accuracies = [.. runs.Select(run => 100 * run[name].Accuracy)];
            double[] macs = [.. runs.Select(run => 100 * run[name].MacsRatio)];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-10} {macs.Average(),6:F1} % of the MACs, test accuracy {accuracies.Average():F3} % ± {Ratio.Deviation(accuracies):F3} (sd, {runs.Length} seeds): {string.Join(' ', accuracies.Select(accuracy => accuracy.ToString("F2", CultureInfo.InvariantCulture)))}"));
        }

        foreach (string baseline in runs[0].Keys.Where(name => name is not Algorithm and not "original"))
        {
            double[] leads = [.. runs.Select(run => 100 * (run[Algorithm].Accuracy - run[baseline].Accuracy))];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{Algorithm} over {baseline}: {leads.Average():+0.000;-0.000} points ± {Ratio.Deviation(leads):F3} (sd of the paired differences); goal: above 0"));
        }
    }

    private static Dictionary<string, (double Accuracy, double MacsRatio)> Read(string path)
    {
        string[] lines = File.ReadAllLines(path);
        string[] header = lines[0].Split(',');
        int name = Array.IndexOf(header, "name"), accuracy = Array.IndexOf(header, "test_accuracy"), macs = Array.IndexOf(header, "macs_ratio");
        return lines[1..].Select(line => line.Split(',')).ToDictionary(
            cells => cells[name],
            cells => (double.Parse(cells[accuracy], CultureInfo.InvariantCulture), double.Parse(cells[macs], CultureInfo.InvariantCulture)));
    }
}
