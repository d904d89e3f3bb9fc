using System.CommandLine;
using Coppice.Data;

namespace Coppice.Cli.Options;

/// <summary>Which data, and which of its training images are held back, as the user chose it.</summary>
/// <param name="Source">Where the images are, or null where none are wanted.</param>
/// <param name="SearchImages">Training images held back, or null for what the network's file states, else 5000.</param>
/// <param name="SplitSeed">Seed of the choice, or null for what the network's file states, else 1.</param>
internal sealed record DataSettings(DataSource? Source, int? SearchImages, ulong? SplitSeed);

/// <summary>The options of every verb that reads images.</summary>
internal sealed class DataOptionSet
{
    private readonly Option<DataSource?> _data = new("--data")
    {
        Description = $"Images: {string.Join(", ", DataSource.KnownNames)}; with their folder, as in cifar10:DIR (fashion-mnist alone is Debian's package)",
        HelpName = "NAME[:DIR]",
        CustomParser = result => OptionParsing.Try(result, DataSource.Parse),
    };

    private readonly Option<int?> _searchImages = NumberOption.Optional<int>(
        "--search-images", "Training images held back for comparing candidates, never trained on; at least 1", $"the file's, else {DataSession.StandardSearchImages}", value => value >= 1);

    private readonly Option<ulong?> _splitSeed = NumberOption.Optional<ulong>(
        "--split-seed", "Seed that chooses them", $"the file's, else {DataSession.StandardSplitSeed}", _ => true);

    /// <summary>All of them, in the order in which help lists them.</summary>
    public ReadOnlySpan<Symbol> All => new Symbol[] { _data, _searchImages, _splitSeed };

    /// <summary>Which options have an effect.</summary>
    /// <param name="isUsed">Whether images are looked at.</param>
    /// <param name="otherwise">Why they are not.</param>
    public IEnumerable<OptionEffect> Effects(bool isUsed, string otherwise) =>
        ((Option[])[_data, _searchImages, _splitSeed]).Select(option => new OptionEffect(option, isUsed, otherwise));

    /// <summary>Reads what the user chose.</summary>
    public DataSettings Read(ParseResult line) => new(line.GetValue(_data), line.GetValue(_searchImages), line.GetValue(_splitSeed));
}
