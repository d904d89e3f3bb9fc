using System.CommandLine;
using Coppice.Cli.Output;
using Coppice.Graph;
using Coppice.Pruning;
using Coppice.Pruning.Methods;

namespace Coppice.Cli.Options;

/// <summary>Arguments and options that several verbs share, so that they are spelled and explained alike.</summary>
internal static class CommonOptions
{
    /// <summary>The ONNX file that a verb reads.</summary>
    public static Argument<string> Model(string name = "IN.onnx", string description = "Network to read.") => new(name) { Description = description };

    /// <summary>The file that a verb writes.</summary>
    public static Option<string> Output(string description = "ONNX file to write; it appears under its name only when it is complete") =>
        new("--output", "-o") { Description = description, HelpName = "OUT.onnx", Required = true };

    /// <summary>Weights in a second file.</summary>
    public static Option<bool> ExternalData() => new("--external-data") { Description = "Write the weights into a second file, OUT.onnx.data, as is done anyway where the input has such a file or 2 GiB would be exceeded" };

    /// <summary>Table for people or JSON for programs.</summary>
    public static ChoiceOption<OutputFormat> Format() => new(
        "--format", "How to print data on standard output", "table", [new("table", OutputFormat.Table), new("json", OutputFormat.Json)]);

    /// <summary>Which groups may lose channels.</summary>
    public static ChoiceOption<GroupScope> Scope(string standard) => new(
        "--scope",
        "Channel groups that may lose channels: those written by one layer; all, also those that meet in additions; or select: inner ones, and what each batch normalisation of a pre-activation or dense network reads",
        standard,
        [new("inner", GroupScope.Inner), new("all", GroupScope.All), new("select", GroupScope.Selections)]);

    /// <summary>How many channels each group keeps under a one-shot method.</summary>
    /// <param name="lead">Beginning of the description.</param>
    public static ChoiceOption<Allocation> Allocation(string lead = "How many channels each group keeps") => new(
        "--allocation",
        $"{lead}: the same share, or what one threshold over all groups leaves",
        "uniform",
        [new("uniform", Pruning.Methods.Allocation.Uniform), new("global", Pruning.Methods.Allocation.Global)]);

    /// <summary>Whether a network without batch normalisation gets some for a run.</summary>
    public static ChoiceOption<bool> InsertedBatchNorm() => new(
        "--batch-norm",
        "auto: a network without batch normalisation (exporters fold it away) gets some for the run, folded again in the end; keep: it stays as it is",
        "auto",
        [new("auto", true), new("keep", false)]);

    /// <summary>The MAC budget.</summary>
    public static Option<MacTarget?> MaxMacs() => new("--max-macs")
    {
        Description = "Most multiply-accumulates for one image: a share of the present ones (50%) or a number (20000000, 20M, 1.8G)",
        HelpName = "50%|N",
        CustomParser = result => OptionParsing.Try(result, MacTarget.Parse),
    };

    /// <summary>A file for the pruning plan.</summary>
    public static Option<string?> Plan() => new("--plan") { Description = "Also write the plan: which channels stay, as JSON for 'coppice apply'", HelpName = "PLAN.json" };

    /// <summary>Shapes of inputs that the file leaves open.</summary>
    public static Option<string[]> InputShape() => new("--input-shape")
    {
        Description = "Shape of the input where the file leaves more than the batch open; NAME=SHAPE, repeated, where there are several inputs",
        HelpName = "1x3x224x224",
    };

    /// <summary>Reads <c>--input-shape</c> for a network.</summary>
    /// <returns>Shape by input name, or null where none is given.</returns>
    /// <exception cref="CoppiceException">No such input, no such shape, or another number of axes than the file declares.</exception>
    public static IReadOnlyDictionary<string, TensorShape>? ShapesFor(Network network, IReadOnlyCollection<string> texts) =>
        texts.Count == 0 ? null : texts.Select(text => ShapeFor(network, text)).DistinctBy(entry => entry.Key).ToDictionary();

    private static KeyValuePair<string, TensorShape> ShapeFor(Network network, string text)
    {
        int equals = text.LastIndexOf('=');
        string name = equals >= 0 ? text[..equals] : network.Inputs is [var only] ? only.Name : "";
        var input = network.Inputs.FirstOrDefault(input => input.Name == name)
            ?? throw new CoppiceException($"Cannot use --input-shape {text}: the network's inputs are {string.Join(", ", network.Inputs.Select(input => $"'{input.Name}'"))}; write NAME=SHAPE.");
        var shape = Parse(text[(equals + 1)..]);
        return input.Dimensions.IsDefault || input.Dimensions.Length == shape.Rank
            ? new(name, shape)
            : throw new CoppiceException($"Cannot use --input-shape {text}: the file declares {input}; give {input.Dimensions.Length} extents, the batch first.");
    }

    private static TensorShape Parse(string text)
    {
        try
        {
            return ShapeInference.ParseShape(text);
        }
        catch (FormatException fault)
        {
            throw new CoppiceException(fault.Message, fault);
        }
    }
}
