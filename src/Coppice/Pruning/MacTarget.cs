using System.Globalization;

namespace Coppice.Pruning;

/// <summary>How many MACs a network may cost: a share of what it costs now, or a number for one image.</summary>
/// <param name="Text">As the user wrote it: <c>50%</c> or <c>20000000</c>.</param>
/// <param name="Share">Share of the present cost in (0, 1], or null where <paramref name="Macs"/> is given.</param>
/// <param name="Macs">Absolute number for one image, or null.</param>
public sealed record MacTarget(string Text, decimal? Share, long? Macs)
{
    /// <summary>Reads <c>50%</c>, <c>20000000</c>, <c>20M</c> or <c>1.8G</c>.</summary>
    /// <exception cref="CoppiceException">It is neither a percentage in (0, 100] nor a positive number.</exception>
    public static MacTarget Parse(string text)
    {
        string trimmed = text.Trim();
        if (trimmed.EndsWith('%') && Number(trimmed[..^1]) is > 0 and <= 100 and { } percent)
        {
            return new(trimmed, percent / 100, null);
        }

        var (digits, unit) = trimmed switch
        {
            [.. var number, 'k' or 'K'] => (number, 1_000m),
            [.. var number, 'M'] => (number, 1_000_000m),
            [.. var number, 'G'] => (number, 1_000_000_000m),
            _ => (trimmed, 1m),
        };
        return Number(digits) is > 0 and <= long.MaxValue and { } value && value * unit is >= 1 and <= long.MaxValue
            ? new(trimmed, null, (long)decimal.Round(value * unit))
            : throw new CoppiceException($"Cannot read the MAC target '{text}': write a percentage as in 50%, or a number for one image as in 20000000 or 20M.");
    }

    /// <summary>The target in MACs for a network that costs <paramref name="full"/>.</summary>
    public long Resolve(long full) => Macs ?? (long)decimal.Floor(full * Share!.Value);

    /// <summary>MACs after a round of several that approach a target in equal factors: <c>full · (target / full)^((round + 1) / rounds)</c>, so that every round cuts the same share.</summary>
    /// <param name="full">MACs before the first round.</param>
    /// <param name="target">MACs after the last one.</param>
    /// <param name="round">The round in [0, <paramref name="rounds"/>).</param>
    /// <param name="rounds">Number of rounds.</param>
    public static long AtRound(long full, long target, int round, int rounds) =>
        round == rounds - 1 ? target : (long)(full * Math.Pow((double)target / full, (round + 1.0) / rounds));

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static decimal? Number(string digits) =>
        decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value) ? value : null;
}
