using System.Globalization;
using System.Text;
using Coppice.Runs;

namespace Coppice.Reporting;

/// <summary>The networks of a run as comma-separated values with a header; numbers in invariant culture, accuracies in [0, 1], latency in milliseconds.</summary>
public sealed class CsvReport : IReportExporter
{
    private const string Header =
        "name,macs,macs_ratio,thop_macs,parameters,file_bytes,search_images,search_loss,search_accuracy,search_low,search_high,"
        + "test_images,test_loss,test_accuracy,test_low,test_high,latency_median_ms,latency_p95_ms,evaluations,forward_images,tuned_epochs,on_front,file";

    /// <inheritdoc/>
    public string FileName => "pareto.csv";

    /// <inheritdoc/>
    public string Render(RunReport report)
    {
        var text = new StringBuilder(Header).Append('\n');
        foreach (var row in report.Rows)
        {
            var (search, test) = (row.SearchScore, row.TestScore);
            var (searchInterval, testInterval) = (search.AccuracyInterval, test.AccuracyInterval);
            text.Append(CultureInfo.InvariantCulture, $"{row.Name},{row.Cost.Macs},{(double)row.Cost.Macs / report.Original.Cost.Macs:F6},{row.Cost.ThopMacs},{row.Cost.Parameters},{row.FileBytes},");
            text.Append(CultureInfo.InvariantCulture, $"{search.Images},{search.Loss:F6},{search.Accuracy:F6},{searchInterval.Low:F6},{searchInterval.High:F6},");
            text.Append(CultureInfo.InvariantCulture, $"{test.Images},{test.Loss:F6},{test.Accuracy:F6},{testInterval.Low:F6},{testInterval.High:F6},");
            text.Append(CultureInfo.InvariantCulture, $"{row.Latency.Median:F4},{row.Latency.Percentile95:F4},{row.Evaluations},{row.ForwardImages},{row.TunedEpochs},{(row.IsOnFront ? 1 : 0)},{row.File}\n");
        }

        return text.ToString();
    }
}
