using System.Globalization;

namespace Coppice.Benchmarks;

/// <summary>Summarises runs that differ in their seed only: mean and standard deviation of the test accuracy of each network, and the lead of the algorithm over each baseline.</summary>
internal static class SeedSummary
{
    private const string Algorithm = "ccep";

    public static void Print(string[] folders)
    {
        var runs = folders.Select(folder => RunTable.Read(folder)).ToArray();
        foreach (string name in runs[0].Keys)
        {
            double[] accuracies = [.. runs.Select(run => 100 * run[name]["test_accuracy"])];
            double[] macs = [.. runs.Select(run => 100 * run[name]["macs_ratio"])];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-10} {macs.Average(),6:F1} % of the MACs, test accuracy {accuracies.Average():F3} % ± {Ratio.Deviation(accuracies):F3} (sd, {runs.Length} seeds): {string.Join(' ', accuracies.Select(accuracy => accuracy.ToString("F2", CultureInfo.InvariantCulture)))}"));
        }

        foreach (string baseline in runs[0].Keys.Where(name => name is not Algorithm and not "original"))
        {
            double[] leads = [.. runs.Select(run => 100 * (run[Algorithm]["test_accuracy"] - run[baseline]["test_accuracy"]))];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{Algorithm} over {baseline}: {leads.Average():+0.000;-0.000} points ± {Ratio.Deviation(leads):F3} (sd of the paired differences); goal: above 0"));
        }
    }
}
