using System.CommandLine.Parsing;

namespace Coppice.Cli.Options;

/// <summary>Reads the text after an option so that a fault is told with the option's name.</summary>
internal static class OptionParsing
{
    /// <summary>Reads by a function that throws where the text is wrong.</summary>
    public static T? Try<T>(ArgumentResult result, Func<string, T> parse)
    {
        try
        {
            return parse(result.Tokens[^1].Value);
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or CoppiceException)
        {
            result.AddError(WithoutParameter(fault.Message));
            return default;
        }
    }

    /// <summary>Name of the option or argument that a text belongs to.</summary>
    public static string NameOf(ArgumentResult result) => result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;

    /// <summary>Argument faults carry the parameter's name, which tells users nothing.</summary>
    private static string WithoutParameter(string message) => message.Split(" (Parameter '")[0];
}
