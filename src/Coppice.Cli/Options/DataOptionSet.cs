using System.CommandLine;
using Coppice.Data;

namespace Coppice.Cli.Options;

/// <summary>Which data, what is made of them, and which of the training images are held back, as the user chose it.</summary>
/// <param name="Source">Where the images are, or null where none are wanted.</param>
/// <param name="SearchImages">Training images held back, or null for what the network's file states, else 5000 or a fifth, whichever is less.</param>
/// <param name="SplitSeed">Seed of the choice, or null for what the network's file states, else 1.</param>
internal sealed record DataSettings(DataSource? Source, int? SearchImages, ulong? SplitSeed)
{
    /// <summary>What becomes of pictures and arrays; the channels follow from the network.</summary>
    public ImageOptions Images { get; init; } = new();

    /// <summary>How pixels become inputs, or null for what the network's file states, else the data's own.</summary>
    public Normalization? Normalization { get; init; }
}

/// <summary>The options of every verb that reads images.</summary>
internal sealed class DataOptionSet
{
    private readonly Option<DataSource?> _data = new("--data")
    {
        Description = "Images: fashion-mnist (alone: Debian's package), mnist, cifar10, cifar100 or svhn with their folder, as in cifar10:DIR; your own pictures, folder:DIR; your own NumPy arrays, npz:FILE",
        HelpName = "NAME[:PATH]",
        CustomParser = result => OptionParsing.Try(result, DataSource.Parse),
    };

    private readonly Option<int?> _resize = NumberOption.Optional<int>(
        "--resize", $"folder:DIR: length of the shorter side after resizing; 1 to {ImageOptions.MaxSide}", "as it is", value => value is >= 1 and <= ImageOptions.MaxSide);

    private readonly Option<int?> _crop = NumberOption.Optional<int>(
        "--crop", $"folder:DIR: side of the square that is then cut from the middle; 1 to {ImageOptions.MaxSide}", "uncut", value => value is >= 1 and <= ImageOptions.MaxSide);

    private readonly Option<Normalization?> _normalize = new("--normalize")
    {
        Description = "Mean and deviation of pixel / 255, a number per channel, as in 0.485,0.456,0.406/0.229,0.224,0.225 [default: the file's, else the data's own]",
        HelpName = "MEAN/STD",
        CustomParser = result => OptionParsing.Try(result, Normalization.Parse),
    };

    private readonly ChoiceOption<ArrayLayout?> _layout = new(
        "--layout", "npz:FILE: axes of its images; auto tells them from the shape", "auto", [new("auto", null), new("nchw", ArrayLayout.Nchw), new("nhwc", ArrayLayout.Nhwc), new("nhw", ArrayLayout.Nhw)]);

    private readonly Option<int?> _searchImages = NumberOption.Optional<int>(
        "--search-images", "Training images held back for comparing candidates, never trained on; at least 1", $"the file's, else {DataSession.StandardSearchImages} or a fifth", value => value >= 1);

    private readonly Option<ulong?> _splitSeed = NumberOption.Optional<ulong>(
        "--split-seed", "Seed that chooses them", $"the file's, else {DataSession.StandardSplitSeed}", _ => true);

    /// <summary>All of them, in the order in which help lists them.</summary>
    public ReadOnlySpan<Symbol> All => new Symbol[] { _data, _resize, _crop, _normalize, _layout, _searchImages, _splitSeed };

    /// <summary>Those of a verb that does not tell splits apart.</summary>
    public ReadOnlySpan<Symbol> WithoutSplits => All[..5];

    /// <summary>Which options have an effect.</summary>
    /// <param name="isUsed">Whether images are looked at.</param>
    /// <param name="otherwise">Why they are not.</param>
    public IEnumerable<OptionEffect> Effects(bool isUsed, string otherwise) =>
        ((Option[])[_data, _resize, _crop, _normalize, _layout, _searchImages, _splitSeed]).Select(option => new OptionEffect(option, isUsed, otherwise));

    /// <summary>Reads what the user chose.</summary>
    public DataSettings Read(ParseResult line) => ReadWithoutSplits(line) with { SearchImages = line.GetValue(_searchImages), SplitSeed = line.GetValue(_splitSeed) };

    /// <summary>Reads what the user chose of <see cref="WithoutSplits"/>.</summary>
    public DataSettings ReadWithoutSplits(ParseResult line) => new(line.GetValue(_data), SearchImages: null, SplitSeed: null)
    {
        Images = new() { Resize = line.GetValue(_resize), Crop = line.GetValue(_crop), Layout = _layout.Read(line) },
        Normalization = line.GetValue(_normalize),
    };
}
