using System.Globalization;

namespace Coppice.Benchmarks;

/// <summary>ABCPruner as published beside ours at the same MACs: what two epochs of training per score buy over adaptive batch-norm.</summary>
internal static class ColonyComparison
{
    private const string Method = "abc";

    /// <summary>Prints pairs of folders: a published run, then ours.</summary>
    public static void Print(string[] folders)
    {
        Console.WriteLine("run            MACs %  test accuracy %  evaluated  images searched  of published");
        foreach (string[] pair in folders.Chunk(2))
        {
            var (published, ours) = (RunTable.Read(pair[0])[Method], RunTable.Read(pair[1])[Method]);
            Print(pair[0], published, published);
            Print(pair[1], ours, published);
        }

        var rows = folders.Select(folder => RunTable.Read(folder)[Method]).Chunk(2).ToArray();
        double share = rows.Average(pair => pair[1]["forward_images"] / pair[0]["forward_images"]);
        double lead = rows.Average(pair => 100 * (pair[1]["test_accuracy"] - pair[0]["test_accuracy"]));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"abc-images: {100 * share:F1} % of the published search's (goal 10)"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"abc-accuracy: {lead:+0.00;-0.00} points over the published one, whose epochs are the best on the test images (goal 0)"));
    }

    private static void Print(string folder, RunTableRow row, RunTableRow published) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{Path.GetFileName(folder),-14} {100 * row["macs_ratio"],6:F1} {100 * row["test_accuracy"],16:F2} {row["evaluations"],10:F0} {row["forward_images"],16:N0} {100 * row["forward_images"] / published["forward_images"],11:F1} %"));
}
