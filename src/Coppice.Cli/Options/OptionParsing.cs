using System.Collections.Immutable;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Coppice.Cli.Options;

/// <summary>Reads the text after an option so that a fault is told with the option's name.</summary>
internal static class OptionParsing
{
    /// <summary>Reads by a function that throws where the text is wrong; of several texts the last one counts.</summary>
    public static T? Try<T>(ArgumentResult result, Func<string, T> parse) => Read(result, texts => parse(texts[^1]));

    /// <summary>Reads each of several texts by a function that throws where one is wrong.</summary>
    public static ImmutableArray<T> TryAll<T>(ArgumentResult result, Func<string, T> parse) => Read(result, texts => texts.Select(parse).ToImmutableArray());

    /// <summary>Reads a percentage above 0 as a share.</summary>
    /// <param name="text">Such as <c>40%</c>.</param>
    /// <param name="allowsWhole">Whether 100% is allowed.</param>
    /// <exception cref="CoppiceException">It is none.</exception>
    public static double Share(string text, bool allowsWhole = false) =>
        text.EndsWith('%') && double.TryParse(text[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double percent) && percent > 0 && (percent < 100 || (allowsWhole && percent == 100))
            ? percent / 100
            : throw new CoppiceException($"Cannot read the share '{text}': write a percentage above 0% and {(allowsWhole ? "up to" : "below")} 100%, as in 40%.");

    /// <summary>Reads the error probability of a race: a percentage above 0 and below 50, or 0 for <c>off</c>.</summary>
    /// <exception cref="CoppiceException">It is none.</exception>
    public static double ErrorProbability(string text) => text == "off" ? 0
        : text.EndsWith('%') && double.TryParse(text[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double percent) && percent is > 0 and < 50 ? percent / 100
        : throw new CoppiceException($"Cannot read the probability '{text}': write a percentage above 0% and below 50%, as in 0.1%, or off.");

    /// <summary>Reads a size of memory as bytes: a number and a unit of 1024 bytes to some power.</summary>
    /// <param name="text">Such as <c>512M</c> or <c>1.5G</c>.</param>
    /// <exception cref="CoppiceException">It is none, or below a mebibyte.</exception>
    public static long Memory(string text)
    {
        const decimal Mebibyte = 1 << 20;
        decimal unit = text is [.., var letter] ? letter switch { 'M' or 'm' => Mebibyte, 'G' or 'g' => 1024 * Mebibyte, 'T' or 't' => 1024 * 1024 * Mebibyte, _ => 0 } : 0;
        return unit > 0 && decimal.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) && number is > 0 and < 1 << 20 && number * unit >= Mebibyte
            ? (long)(number * unit)
            : throw new CoppiceException($"Cannot read the size '{text}': write a number and M, G or T, as in 512M or 1.5G; at least 1M.");
    }

    /// <summary>Name of the option or argument that a text belongs to.</summary>
    public static string NameOf(ArgumentResult result) => result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;

    private static T? Read<T>(ArgumentResult result, Func<string[], T> parse)
    {
        try
        {
            return parse([.. result.Tokens.Select(token => token.Value)]);
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or CoppiceException)
        {
            result.AddError(WithoutParameter(fault.Message));
            return default;
        }
    }

    /// <summary>Argument faults carry the parameter's name, which tells users nothing.</summary>
    private static string WithoutParameter(string message) => message.Split(" (Parameter '")[0];
}
