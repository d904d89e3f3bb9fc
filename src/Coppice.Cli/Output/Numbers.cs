using System.Globalization;

namespace Coppice.Cli.Output;

/// <summary>Numbers as tables show them, the same in every locale.</summary>
internal static class Numbers
{
    /// <summary>A count with thousands separated: <c>40,813,184</c>.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share as a percentage with one decimal: <c>49.8%</c>.</summary>
    public static string Percent(double share, int decimals = 1) => (100 * share).ToString($"F{decimals}", CultureInfo.InvariantCulture) + "%";

    /// <summary>A number with fixed decimals.</summary>
    public static string Fixed(double value, int decimals) => value.ToString($"F{decimals}", CultureInfo.InvariantCulture);

    /// <summary>A small difference: <c>3.1e-07</c>.</summary>
    public static string Scientific(double value) => value.ToString("0.0e+00", CultureInfo.InvariantCulture);

    /// <summary>A time that is left: <c>1 h 02 min</c>, <c>3 min 20 s</c>, <c>12 s</c>.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:00} min"),
        { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalSeconds} s"),
    };
}
