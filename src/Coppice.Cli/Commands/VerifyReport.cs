using System.Collections.Immutable;
using Coppice.Cli.Output;
using Coppice.Runs;

namespace Coppice.Cli.Commands;

/// <summary>What was found about one network.</summary>
/// <param name="Network">File or name.</param>
/// <param name="IsPassed">Whether no check failed.</param>
/// <param name="Tolerance">Largest difference that counts as equal.</param>
/// <param name="Samples">Random inputs.</param>
/// <param name="Checks">All checks.</param>
internal sealed record VerifiedNetwork(string Network, bool IsPassed, double Tolerance, int Samples, ImmutableArray<VerificationCheck> Checks)
{
    public static VerifiedNetwork Of(string network, VerificationResult result) => new(network, result.IsPassed, result.Tolerance, result.Samples, result.Checks);
}

/// <summary>What `verify` prints.</summary>
/// <param name="IsPassed">Whether all networks passed.</param>
/// <param name="Networks">The networks.</param>
internal sealed record VerifyReport(bool IsPassed, ImmutableArray<VerifiedNetwork> Networks)
{
    public static void Print(VerifyReport report, TablePrinter printer)
    {
        printer.Table(["network", "check", "result", "#difference", "#tolerance", "#samples", "what"], report.Networks.SelectMany(
            network => network.Checks.Select(check => (string[])
            [
                network.Network,
                check.Name,
                check.Status.ToString().ToLowerInvariant(),
                check.Difference is { } difference ? Numbers.Scientific(difference) : "",
                check.Difference is null ? "" : Numbers.Scientific(check.Tolerance ?? network.Tolerance),
                Numbers.Count(network.Samples),
                check.Detail is null ? check.Description : $"{check.Description}: {check.Detail}",
            ])));
        printer.Line();
        printer.Line(report.IsPassed ? "verified" : "NOT verified");
    }
}
