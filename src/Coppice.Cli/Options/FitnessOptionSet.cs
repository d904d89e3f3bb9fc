using System.CommandLine;

namespace Coppice.Cli.Options;

/// <summary>How a candidate is measured: options that several verbs share.</summary>
internal static class FitnessOptionSet
{
    /// <summary>Images that a candidate's loss is measured on.</summary>
    public static Option<int> SearchSamples(int standard) =>
        NumberOption.Integer("--search-samples", "Images of the search split on which a candidate's loss is measured", standard, 1);

    /// <summary>Batches that batch-norm statistics are estimated from.</summary>
    public static Option<int> Recalibrate(int standard) =>
        NumberOption.Integer("--bn-recalibrate", "Batches of 128 training images from which batch-norm statistics are estimated for each candidate", standard, 1);
}
