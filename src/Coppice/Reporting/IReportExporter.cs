using System.Collections.Immutable;
using Coppice.Runs;

namespace Coppice.Reporting;

/// <summary>Turns the report of a run into a file.</summary>
public interface IReportExporter
{
    /// <summary>Name of the file in the run folder.</summary>
    string FileName { get; }

    /// <summary>The content of the file.</summary>
    string Render(RunReport report);
}

/// <summary>The exporters. A new one is a file beside this one and a line here.</summary>
public static class ReportExporters
{
    /// <summary>All exporters.</summary>
    public static ImmutableArray<IReportExporter> All { get; } = [new CsvReport(), new HtmlReport()];

    /// <summary>Writes all files of a report.</summary>
    public static void Write(RunReport report, RunDirectory directory)
    {
        foreach (var exporter in All)
        {
            directory.WriteText(exporter.FileName, exporter.Render(report));
        }
    }
}
