using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Coppice.Data;
using Coppice.Graph;

namespace Coppice.Runs;

/// <summary>
/// What a network's file tells about its training, as metadata of the ONNX model: which data, how pixels become inputs, and which training images were held back.
/// Whoever goes on from the file (search, fine-tuning, verification) finds the same inputs and the same splits, so that no image of the search split is ever trained on.
/// What is null is not stated.
/// </summary>
public sealed record ModelMetadata
{
    /// <summary>Key of <see cref="Data"/>.</summary>
    public const string DataKey = "coppice.data";

    /// <summary>Key of the means of <see cref="Normalization"/>, a comma-separated list with a number per channel.</summary>
    public const string MeanKey = "coppice.input.mean";

    /// <summary>Key of the standard deviations of <see cref="Normalization"/>, a comma-separated list with a number per channel.</summary>
    public const string StdKey = "coppice.input.std";

    /// <summary>Key of <see cref="Classes"/>, a JSON array of texts.</summary>
    public const string ClassesKey = "coppice.classes";

    /// <summary>Key of <see cref="SplitSeed"/>.</summary>
    public const string SplitSeedKey = "coppice.split.seed";

    /// <summary>Key of <see cref="SearchImages"/>.</summary>
    public const string SearchImagesKey = "coppice.split.search-images";

    /// <summary>Name of the data set, such as <c>fashion-mnist</c>; without its folder, which differs from machine to machine.</summary>
    public string? Data { get; init; }

    /// <summary>How pixels become inputs.</summary>
    public Normalization? Normalization { get; init; }

    /// <summary>Name of each class, in the order of the logits.</summary>
    public ImmutableArray<string>? Classes { get; init; }

    /// <summary>Seed that chose the search split.</summary>
    public ulong? SplitSeed { get; init; }

    /// <summary>Training images held back as the search split.</summary>
    public int? SearchImages { get; init; }

    /// <summary>Reads what a network's file states.</summary>
    /// <exception cref="CoppiceException">An entry is not of its form; the message names it.</exception>
    public static ModelMetadata Read(Network network)
    {
        var entries = network.Metadata;
        return new()
        {
            Data = entries.GetValueOrDefault(DataKey),
            Normalization = ReadNormalization(entries),
            Classes = entries.TryGetValue(ClassesKey, out string? classes) ? ReadClasses(classes) : null,
            SplitSeed = entries.TryGetValue(SplitSeedKey, out string? seed) ? ReadNumber<ulong>(SplitSeedKey, seed) : null,
            SearchImages = entries.TryGetValue(SearchImagesKey, out string? images) ? ReadNumber<int>(SearchImagesKey, images) : null,
        };
    }

    /// <summary>What is true of a network after it was trained on a train split.</summary>
    /// <param name="before">What was stated of it before; null for a network that starts from random weights.</param>
    /// <param name="source">Where the images come from.</param>
    /// <param name="splits">The images; its train split was trained on.</param>
    /// <param name="normalization">How pixels became inputs.</param>
    /// <returns>States a split only where no image of its search split was ever trained on, as far as is known.</returns>
    public static ModelMetadata AfterTraining(ModelMetadata? before, DataSource source, DataSplits splits, Normalization normalization)
    {
        bool isUnseen = before is null || SearchExposure.Of(before, source, splits).HasSeen == false;
        return new()
        {
            Data = source.Name,
            Normalization = normalization,
            Classes = splits.Train.Dataset.ClassNames,
            SplitSeed = isUnseen ? splits.Seed : null,
            SearchImages = isUnseen ? splits.Search.Count : null,
        };
    }

    /// <summary>The network with what is stated here in its metadata, and nothing else of that kind; entries of others stay.</summary>
    public Network WriteTo(Network network) => network.WithMetadata(
    [
        new(DataKey, Data),
        new(MeanKey, Normalization is null ? null : Join(Normalization.Mean)),
        new(StdKey, Normalization is null ? null : Join(Normalization.Std)),
        new(ClassesKey, Classes is { } classes ? JsonSerializer.Serialize(classes) : null),
        new(SplitSeedKey, SplitSeed?.ToString(CultureInfo.InvariantCulture)),
        new(SearchImagesKey, SearchImages?.ToString(CultureInfo.InvariantCulture)),
    ]);

    /// <summary>Equal when everything stated is equal.</summary>
    public bool Equals(ModelMetadata? other) =>
        other is not null
        && (Data, Normalization, SplitSeed, SearchImages) == (other.Data, other.Normalization, other.SplitSeed, other.SearchImages)
        && Classes.HasValue == other.Classes.HasValue
        && (Classes is null || Classes.Value.SequenceEqual(other.Classes!.Value));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Data, Normalization, SplitSeed, SearchImages);

    private static Normalization? ReadNormalization(ImmutableDictionary<string, string> entries)
    {
        if (!entries.TryGetValue(MeanKey, out string? mean) || !entries.TryGetValue(StdKey, out string? std))
        {
            return null;
        }

        try
        {
            return new(ReadList(MeanKey, mean), ReadList(StdKey, std));
        }
        catch (ArgumentException fault)
        {
            throw Fault($"{MeanKey}, {StdKey}", $"{mean}; {std}", "must be one finite mean and one positive deviation per channel", fault);
        }
    }

    private static ImmutableArray<float> ReadList(string key, string text) => [.. text.Split(',').Select(part => ReadNumber<float>(key, part.Trim()))];

    private static ImmutableArray<string> ReadClasses(string json)
    {
        try
        {
            return [.. JsonSerializer.Deserialize<string[]>(json) ?? []];
        }
        catch (JsonException fault)
        {
            throw Fault(ClassesKey, json, "must be a JSON array of texts", fault);
        }
    }

    private static T ReadNumber<T>(string key, string text)
        where T : struct, IParsable<T> =>
        T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : throw Fault(key, text, "must hold numbers", inner: null);

    private static CoppiceException Fault(string key, string value, string rule, Exception? inner) =>
        new($"Cannot use the network's metadata '{key}': it {rule}, but is '{value}'; correct or remove the entry.", inner);

    private static string Join(ImmutableArray<float> values) => string.Join(',', values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
}
