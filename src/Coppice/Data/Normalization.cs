using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Coppice.Data;

/// <summary>
/// How bytes become the network's input: <c>x = (pixel / 255 − mean) / std</c>, per channel, in single precision. Equal when the numbers are equal.
/// </summary>
public sealed record Normalization
{
    /// <summary>Creates a normalisation for as many channels as there are means.</summary>
    /// <param name="mean">[C], in units of pixel / 255.</param>
    /// <param name="std">[C], in units of pixel / 255, each above 0.</param>
    /// <exception cref="ArgumentException">No channel, different lengths, or a number that is not finite or not above 0.</exception>
    [JsonConstructor]
    public Normalization(ImmutableArray<float> mean, ImmutableArray<float> std)
    {
        if (mean.IsDefaultOrEmpty || std.IsDefault || mean.Length != std.Length)
            throw new ArgumentException($"Cannot make a normalisation: it needs one mean and one std per channel, but there are {Length(mean)} means and {Length(std)} stds.");
        if (mean.Any(m => !float.IsFinite(m)))
            throw new ArgumentException($"Cannot make a normalisation: every mean is finite, but they are {Join(mean)}.", nameof(mean));
        if (std.Any(s => !float.IsFinite(s) || s <= 0))
            throw new ArgumentException($"Cannot make a normalisation: every std is finite and above 0, but they are {Join(std)}.", nameof(std));
        (Mean, Std) = (mean, std);
    }

    /// <summary>Fashion-MNIST: mean and deviation of the training pixels.</summary>
    public static Normalization FashionMnist { get; } = new([0.2860f], [0.3530f]);

    /// <summary>MNIST: mean and deviation of the training pixels.</summary>
    public static Normalization Mnist { get; } = new([0.1307f], [0.3081f]);

    /// <summary>
    /// CIFAR-10 as in the PyTorch code of network slimming, ABCPruner and HRank, so that their networks see what they were trained on. Its
    /// std is not the deviation of the training pixels, which is 0.2471, 0.2435, 0.2616 (used by the code of SFP and FPGM).
    /// </summary>
    public static Normalization Cifar10 { get; } = new([0.4914f, 0.4822f, 0.4465f], [0.2023f, 0.1994f, 0.2010f]);

    /// <summary>CIFAR-100: mean and deviation of the training pixels.</summary>
    public static Normalization Cifar100 { get; } = new([0.5071f, 0.4865f, 0.4409f], [0.2673f, 0.2564f, 0.2762f]);

    /// <summary>SVHN: mean and deviation of the training pixels.</summary>
    public static Normalization Svhn { get; } = new([0.4377f, 0.4438f, 0.4728f], [0.1980f, 0.2010f, 0.1970f]);

    /// <summary>ImageNet, as torchvision's trained networks take it.</summary>
    public static Normalization ImageNet { get; } = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    /// <summary>[C], in units of pixel / 255.</summary>
    public ImmutableArray<float> Mean { get; }

    /// <summary>[C], in units of pixel / 255.</summary>
    public ImmutableArray<float> Std { get; }

    /// <summary>C, the number of channels it is for.</summary>
    [JsonIgnore]
    public int Channels => Mean.Length;

    /// <summary>Mean 0 and deviation 1 for every channel: pixel / 255 alone.</summary>
    public static Normalization Plain(int channels) => new([.. Enumerable.Repeat(0f, channels)], [.. Enumerable.Repeat(1f, channels)]);

    /// <summary>Reads <c>MEAN/STD</c>, a number per channel each, separated by commas: <c>0.485,0.456,0.406/0.229,0.224,0.225</c>.</summary>
    /// <exception cref="ArgumentException">The text has another form, or breaks a rule of the constructor.</exception>
    public static Normalization Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] halves = text.Split('/');
        if (halves.Length != 2 || ReadList(halves[0]) is not { } mean || ReadList(halves[1]) is not { } std)
            throw new ArgumentException($"Cannot read the normalisation '{text}': write MEAN/STD with a number per channel, as in 0.485,0.456,0.406/0.229,0.224,0.225.", nameof(text));
        return new(mean, std);
    }

    /// <summary>The input value of one pixel.</summary>
    public float Apply(int channel, byte pixel) => ((pixel / 255f) - Mean[channel]) / Std[channel];

    /// <summary>Equal numbers.</summary>
    public bool Equals(Normalization? other) =>
        other is not null && Mean.AsSpan().SequenceEqual(other.Mean.AsSpan()) && Std.AsSpan().SequenceEqual(other.Std.AsSpan());

    /// <summary>Agrees with <see cref="Equals(Normalization)"/>.</summary>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (float value in Mean.AddRange(Std)) hash.Add(value);
        return hash.ToHashCode();
    }

    /// <summary>For example <c>mean 0.286, std 0.353</c>.</summary>
    public override string ToString() => $"mean {Join(Mean)}, std {Join(Std)}";

    /// <summary>[C · 256]: the input value of every pixel of every channel.</summary>
    internal float[] Table()
    {
        float[] table = new float[Channels * 256];
        for (int i = 0; i < table.Length; i++) table[i] = Apply(i / 256, (byte)i);
        return table;
    }

    private static ImmutableArray<float>? ReadList(string text)
    {
        var values = ImmutableArray.CreateBuilder<float>();
        foreach (string part in text.Split(','))
        {
            if (!float.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)) return null;
            values.Add(value);
        }

        return values.ToImmutable();
    }

    private static int Length(ImmutableArray<float> values) => values.IsDefault ? 0 : values.Length;

    private static string Join(ImmutableArray<float> values) =>
        string.Join(", ", values.Select(value => FormattableString.Invariant($"{value}")));
}
