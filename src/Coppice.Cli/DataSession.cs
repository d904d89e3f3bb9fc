using Coppice.Cli.Options;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Runs;

namespace Coppice.Cli;

/// <summary>The images of a run: loaded, split, and with the normalisation that the network was trained with.</summary>
/// <param name="Source">Where they come from.</param>
/// <param name="Splits">Train, search and test split.</param>
/// <param name="Normalization">How pixels become inputs.</param>
internal sealed record DataSession(DataSource Source, DataSplits Splits, Normalization Normalization)
{
    /// <summary>Most training images held back where neither the user nor the file says how many; of small sets a fifth.</summary>
    public const int StandardSearchImages = 5000;

    /// <summary>Seed of the splits where neither the user nor the file gives one.</summary>
    public const ulong StandardSplitSeed = 1;

    /// <summary>Size of the images.</summary>
    public ImageShape Shape => Splits.Train.Dataset.Shape;

    /// <summary>Number of classes.</summary>
    public int Classes => Splits.Train.Dataset.ClassCount;

    /// <summary>Loads and splits the images, and warns of what was assumed.</summary>
    /// <param name="settings">What the user chose; wins over the file.</param>
    /// <param name="metadata">What the network's file states; wins over the data source's own.</param>
    /// <param name="context">Where to warn.</param>
    /// <param name="network">The network, where there is one already: pictures become as many channels as it takes.</param>
    /// <param name="needsLabels">Whether images without labels are of no use.</param>
    /// <exception cref="CoppiceException">No data, unreadable data, or a split that they do not allow.</exception>
    public static DataSession Load(DataSettings settings, ModelMetadata metadata, CommandContext context, Network? network = null, bool needsLabels = true)
    {
        var source = settings.Source ?? throw new CoppiceException("No data are given: add --data, as in --data fashion-mnist.");
        WarnOfIdleOptions(settings, source, context);
        var stated = settings.Normalization ?? metadata.Normalization;
        var (train, test) = source.Load(settings.Images with { Channels = source.TakesSizes ? ChannelsOf(stated, network) : 3 });
        if (needsLabels && !train.HasLabels)
        {
            throw new CoppiceException($"Cannot train or judge a network on '{source}': its images have no labels; sort them into a folder per class, or use them where none are needed, as in 'coppice verify --data'.");
        }

        int searchImages = settings.SearchImages ?? metadata.SearchImages ?? Math.Clamp(train.Count / 5, 1, StandardSearchImages);
        if (searchImages < 1 || searchImages >= train.Count)
        {
            throw new CoppiceException($"Cannot hold back {searchImages} of the {train.Count} training images of '{source}': give --search-images 1 to {train.Count - 1}.");
        }

        if (train.Shape != test.Shape)
        {
            throw new CoppiceException($"Cannot use '{source}': its training images are {train.Shape}, its test images {test.Shape}; {(source.TakesSizes ? "give --resize and --crop" : "check the folder")}.");
        }

        var normalization = stated ?? source.NormalizationFor(train.Channels);
        if (stated is null && !source.IsPublished)
        {
            context.Warn($"neither the network's file nor --normalize says how pixels become inputs; {normalization} of pixel / 255 is assumed.");
        }

        return normalization.Channels == train.Channels
            ? new(source, DataSplits.Create(train, test, searchImages, settings.SplitSeed ?? metadata.SplitSeed ?? StandardSplitSeed), normalization)
            : throw new CoppiceException($"Cannot use '{source}' for this network: {(settings.Normalization is null ? "the file" : "--normalize")} normalises {normalization.Channels} channels, the images have {train.Channels}.");
    }

    /// <summary>Says which images could not be read, as far as is known by now.</summary>
    public void WarnOfUnreadable(CommandContext context)
    {
        foreach (string caveat in Splits.Caveats)
        {
            context.Warn(caveat);
        }
    }

    /// <summary>Says so where images of this search split may have been trained on, as far as the file tells.</summary>
    public void WarnOfSeenImages(ModelMetadata metadata, CommandContext context)
    {
        if (SearchExposure.Of(metadata, Source, Splits).Caveat is { } caveat)
        {
            context.Warn(caveat);
        }
    }

    /// <summary>Shape of a network's input for one image; its file may leave the size open.</summary>
    public IReadOnlyDictionary<string, TensorShape> InputShapesOf(Network network) =>
        new Dictionary<string, TensorShape> { [network.Inputs[0].Name] = new(1, Shape.Channels, Shape.Height, Shape.Width) };

    /// <summary>Checks that a network takes these images and tells their classes apart.</summary>
    /// <param name="network">The network.</param>
    /// <param name="role">What it is for, for the message: <c>network</c>, <c>teacher</c>.</param>
    /// <exception cref="CoppiceException">It does not; the message says what it takes.</exception>
    public void Check(Network network, string role)
    {
        CheckInput(network, role);
        var shapes = ShapeInference.Infer(network, InputShapesOf(network));
        if (shapes.TryGetValue(network.Outputs[0].Name, out var logits) && (logits.Rank != 2 || logits[1] != Classes))
        {
            throw new CoppiceException($"Cannot use the {role} '{network.Name}' on '{Source}': its output is {logits} for one image, the data have {Classes} classes.");
        }
    }

    /// <summary>Checks that a network takes these images.</summary>
    /// <inheritdoc cref="Check"/>
    public void CheckInput(Network network, string role)
    {
        if (network.Inputs.Length != 1 || network.Outputs.Length != 1)
        {
            throw new CoppiceException($"Cannot use the {role} '{network.Name}' on images: it has {network.Inputs.Length} inputs and {network.Outputs.Length} outputs, not one of each.");
        }

        var input = network.Inputs[0];
        long?[] wanted = [Shape.Channels, Shape.Height, Shape.Width];
        if (input.Dimensions.IsDefault || input.Dimensions.Length != 4 || !Fits(input, wanted))
        {
            string wayOut = Source.TakesSizes && input.Dimensions is { IsDefault: false, Length: 4 } dimensions && dimensions[1].Extent == wanted[0] ? "; give --resize and --crop" : "";
            throw new CoppiceException($"Cannot use the {role} '{network.Name}' on '{Source}': its input is {input}, the images are Nx{Shape}{wayOut}.");
        }
    }

    private static void WarnOfIdleOptions(DataSettings settings, DataSource source, CommandContext context)
    {
        if ((settings.Images.Resize ?? settings.Images.Crop) is not null && !source.TakesSizes)
        {
            context.Warn($"--resize and --crop have no effect on '{source}', whose images have one size.");
        }

        if (settings.Images.Layout is not null && !source.TakesLayout)
        {
            context.Warn($"--layout has no effect on '{source}', whose axes are known.");
        }
    }

    private static int ChannelsOf(Normalization? stated, Network? network)
    {
        long? declared = network is { Inputs: [{ Dimensions: { IsDefault: false, Length: 4 } dimensions }] } ? dimensions[1].Extent : null;
        long channels = stated?.Channels ?? declared ?? 3;
        return channels is 1 or 3
            ? (int)channels
            : throw new CoppiceException($"Cannot use pictures for {channels} channels: they have 1 (grey) or 3 (red, green, blue); give arrays, as in --data npz:FILE.");
    }

    private static bool Fits(NetworkValue input, long?[] wanted) =>
        input.Dimensions.Skip(1).Zip(wanted).All(pair => pair.First.Extent is null || pair.First.Extent == pair.Second);
}
