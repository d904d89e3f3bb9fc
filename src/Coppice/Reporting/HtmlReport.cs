using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Coppice.Runs;

namespace Coppice.Reporting;

/// <summary>A run as one self-contained page: comparison, caveats, checks, data, settings and environment. No script, nothing loaded from elsewhere.</summary>
public sealed class HtmlReport : IReportExporter
{
    private const string Style =
        """
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1c2321; background: #fff; }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
        table { border-collapse: collapse; width: 100%; } th, td { padding: .35rem .6rem; border-bottom: 1px solid #d9e0dc; text-align: right; white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; } tr.best td { background: #e8f5ec; font-weight: 600; }
        .wide { overflow-x: auto; } .finding { border-left: 4px solid #c77700; background: #fff6e5; padding: .5rem .8rem; margin: .4rem 0; }
        .leak { border-left: 4px solid #b3261e; background: #fdecea; color: #b3261e; font-weight: 600; padding: .5rem .8rem; margin: .4rem 0; }
        .ok { color: #1b7f3b; } .bad { color: #b3261e; font-weight: 600; } pre { background: #f3f5f4; padding: .8rem; overflow-x: auto; } .small { color: #5b6763; }
        """;

    /// <inheritdoc/>
    public string FileName => "report.html";

    /// <inheritdoc/>
    public string Render(RunReport report)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n");
        page.Append(CultureInfo.InvariantCulture, $"<title>Coppice: {Text(report.Model)}</title>\n<style>\n{Style}\n</style>\n</head>\n<body>\n");
        Head(page, report);
        Leaks(page, report);
        Comparison(page, report);
        Caveats(page, report);
        Checks(page, report);
        Data(page, report);
        Settings(page, report);
        return page.Append("</body>\n</html>\n").ToString();
    }

    private static void Head(StringBuilder page, RunReport report)
    {
        var (original, best) = (report.Original, report.BestRow);
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Text(report.Model)}, compressed by {Text(report.Options.Algorithm)}</h1>\n");
        page.Append(CultureInfo.InvariantCulture, $"<p><code>best.onnx</code> is <b>{Text(best.Name)}</b>: {100.0 * best.Cost.Macs / original.Cost.Macs:F1} % of the MACs, ");
        page.Append(CultureInfo.InvariantCulture, $"{100.0 * best.Cost.Parameters / original.Cost.Parameters:F1} % of the parameters, {100 * best.Latency.Median / original.Latency.Median:F0} % of the latency; ");
        page.Append(CultureInfo.InvariantCulture, $"test accuracy {100 * best.TestScore.Accuracy:F2} % against {100 * original.TestScore.Accuracy:F2} %.</p>\n");
    }

    /// <summary>Before any other number: a run as published has looked at images that it should not have.</summary>
    private static void Leaks(StringBuilder page, RunReport report)
    {
        foreach (string leak in report.Data.Leaks)
        {
            page.Append(CultureInfo.InvariantCulture, $"<div class=\"leak\">As published, with its leakage: {Text(leak)}</div>\n");
        }
    }

    private static void Comparison(StringBuilder page, RunReport report)
    {
        page.Append("<h2>Comparison</h2>\n<div class=\"wide\"><table>\n<tr>");
        foreach (string column in ReportTable.Columns)
        {
            page.Append(CultureInfo.InvariantCulture, $"<th>{Text(column)}</th>");
        }

        page.Append("</tr>\n");
        foreach (var cells in ReportTable.Cells(report))
        {
            page.Append(cells[0] == report.Best ? "<tr class=\"best\">" : "<tr>");
            foreach (string cell in cells)
            {
                page.Append(CultureInfo.InvariantCulture, $"<td>{Text(cell)}</td>");
            }

            page.Append("</tr>\n");
        }

        page.Append("</table></div>\n<p class=\"small\">MACs: multiply-accumulates of convolutions and fully connected layers for one image (1 MAC = 2 FLOPs). ");
        page.Append(CultureInfo.InvariantCulture, $"Latency: ONNX Runtime, batch of {report.LatencyBatch}, {report.Options.LatencyThreads} thread(s), networks timed in turn. ");
        page.Append("Networks that are compared had equally many epochs of fine-tuning. Images searched: those that the search sent through a network, an image of a training for a score counting three, fine-tuning not counted. Intervals: Wilson, 95 %.</p>\n");
        foreach (string race in ReportTable.Races(report))
        {
            page.Append(CultureInfo.InvariantCulture, $"<p class=\"small\">Racing: {Text(race)}</p>\n");
        }
    }

    private static void Caveats(StringBuilder page, RunReport report)
    {
        page.Append("<h2>Findings</h2>\n");
        foreach (string finding in report.Findings)
        {
            page.Append(CultureInfo.InvariantCulture, $"<div class=\"finding\">{Text(finding)}</div>\n");
        }

        if (report.Findings.IsEmpty)
        {
            page.Append("<p>None.</p>\n");
        }
    }

    private static void Checks(StringBuilder page, RunReport report)
    {
        page.Append("<h2>Verification</h2>\n<table>\n<tr><th>check</th><th>difference</th><th>result</th></tr>\n");
        foreach (var check in report.Checks)
        {
            string style = check.Status == VerificationStatus.Failed ? "bad" : "ok";
            string difference = check.Difference?.ToString("E2", CultureInfo.InvariantCulture) ?? check.Detail ?? "";
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(check.Description)}</td><td>{Text(difference)}</td><td class=\"{style}\">{Text(check.Status.ToString())}</td></tr>\n");
        }

        page.Append("</table>\n<p class=\"small\">Difference: largest absolute difference of any output, relative to the largest output of the reference.</p>\n");
    }

    private static void Data(StringBuilder page, RunReport report)
    {
        var data = report.Data;
        string exposure = !data.Leaks.IsEmpty ? "see what leaks, above" : data.Exposure.HasSeen switch
        {
            false => "never trained on",
            true => "partly trained on before, see the findings",
            null => "not known whether trained on before, see the findings",
        };
        page.Append(CultureInfo.InvariantCulture, $"<h2>Data</h2>\n<p>{Text(data.Source)}: {data.TrainImages} training images, {data.SearchImages} search images ({exposure}), {data.TestImages} test images. ");
        page.Append(CultureInfo.InvariantCulture, $"Split by seed {data.SplitSeed}. Content hash <code>{Text(data.ContentHash)}</code>.</p>\n<p>The test split was opened {data.TestOpenings.Length} time(s):");
        foreach (var opening in data.TestOpenings)
        {
            page.Append(CultureInfo.InvariantCulture, $" {opening.Time:u}, {Text(opening.Reason)}.");
        }

        page.Append("</p>\n");
        if (data.OnePassImages > 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"<p>Batch-norm statistics of candidates came from {data.OnePassImages} of the search images, without their labels, in the pass that scored them.</p>\n");
        }
    }

    private static void Settings(StringBuilder page, RunReport report)
    {
        page.Append("<h2>Time</h2>\n<table>\n<tr><th>part</th><th>seconds</th></tr>\n");
        foreach (var (phase, seconds) in report.Seconds)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(phase)}</td><td>{seconds:F1}</td></tr>\n");
        }

        page.Append(CultureInfo.InvariantCulture, $"</table>\n<h2>Environment</h2>\n<p>{Text(report.Environment.ToString())}</p>\n");
        page.Append(CultureInfo.InvariantCulture, $"<h2>Settings</h2>\n<pre>{Text(JsonSerializer.Serialize(report.Options, RunDirectory.Json))}</pre>\n");
    }

    private static string Text(string value) => WebUtility.HtmlEncode(value);
}
