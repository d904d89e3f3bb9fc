using System.CommandLine;
using Coppice.Tensors;

namespace Coppice.Cli.Options;

/// <summary>The options that every verb takes.</summary>
internal sealed class GlobalOptions
{
    private const int MostThreads = 1024;

    /// <summary>Threads per operation.</summary>
    public Option<int> Threads { get; } = Recursive(NumberOption.Integer("--threads", "Threads that an operation may use; 0 for one per core", 0, 0, MostThreads));

    /// <summary>Networks at a time.</summary>
    public Option<int> Jobs { get; } = Recursive(NumberOption.Integer(
        "--jobs", "Networks scored or fine-tuned at a time, which share the threads; 0 for one per thread", 0, 0, MostThreads));

    /// <summary>Where networks are trained and evaluated.</summary>
    public Option<Device> Device { get; } = Recursive(new Option<Device>("--device")
    {
        Description = "Where to train and evaluate: cpu, or cuda:N with a CUDA build of libtorch (untested)",
        HelpName = "cpu|cuda:N",
        DefaultValueFactory = _ => Tensors.Device.Cpu,
        CustomParser = result => OptionParsing.Try(result, Tensors.Device.Parse),
    });

    /// <summary>How much is said.</summary>
    public ChoiceOption<Verbosity> Verbosity { get; } = Recursive(new ChoiceOption<Verbosity>(
        "--verbosity",
        "How much to say on standard error: quiet, minimal, normal, detailed, diagnostic",
        "n",
        [
            new("q", Cli.Verbosity.Quiet),
            new("m", Cli.Verbosity.Minimal),
            new("n", Cli.Verbosity.Normal),
            new("d", Cli.Verbosity.Detailed),
            new("diag", Cli.Verbosity.Diagnostic),
        ],
        "-v"));

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [Threads, Jobs, Device, Verbosity];

    private static T Recursive<T>(T option)
        where T : Option
    {
        option.Recursive = true;
        return option;
    }
}
