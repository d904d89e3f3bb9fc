using System.Collections.Immutable;

namespace Coppice.Data.Folders;

/// <summary>
/// Folders of JPEG and PNG files, in one of three layouts: <c>train/CLASS/…</c> with <c>test/CLASS/…</c> or <c>val/CLASS/…</c> beside it, as ImageNet is unpacked; <c>CLASS/…</c>, from
/// which the test images are drawn (<see cref="HeldOutTest"/>); pictures alone, which have no labels. Files are decoded when they are asked for.
/// </summary>
public static class ImageFolderReader
{
    private static readonly string[] TestFolders = ["test", "val"];

    /// <summary>Lists a folder; looks into as many pictures as it takes to know their size.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How pictures are resized, cut and converted.</param>
    /// <exception cref="DataException">The folder has none of the layouts, its sets do not have the same classes, or no picture can be read.</exception>
    public static TrainTestData Load(string folder, ImageOptions options)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        try
        {
            return LoadLayout(folder, new PicturePreparation(options));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw DataException.CannotRead(folder, "the folder must be readable", fault.Message.ReplaceLineEndings(" ").TrimEnd('.'), "check the path and its permissions", fault);
        }
    }

    private static TrainTestData LoadLayout(string folder, PicturePreparation preparation)
    {
        // A folder "train" that holds pictures is a class of trains.
        string train = Path.Combine(folder, "train");
        var classes = PictureList.ClassesOf(train);
        if (!classes.IsEmpty) return LoadPublished(folder, PictureList.OfClasses(train, classes), preparation);

        classes = PictureList.ClassesOf(folder);
        var loose = PictureList.WithoutClasses(folder);
        if (classes.IsEmpty && loose.Files.IsEmpty)
        {
            throw DataException.CannotLoad(
                $"folder:{folder}", "the folder holds train/CLASS/ and val/CLASS/, or CLASS/, or pictures (.jpg, .jpeg, .png)", "it holds none of them", "check the path");
        }

        if (!classes.IsEmpty && !loose.Files.IsEmpty)
        {
            throw DataException.CannotLoad(
                $"folder:{folder}", "the folder holds folders, each a class, or pictures without labels", $"it holds both, such as '{classes[0]}' and '{loose.Files[0]}'", "move one or the other away");
        }

        return HeldOutTest.Draw(Dataset(classes.IsEmpty ? loose : PictureList.OfClasses(folder, classes), preparation, "folder"));
    }

    private static TrainTestData LoadPublished(string folder, PictureList train, PicturePreparation preparation)
    {
        string? test = TestFolders.Select(name => Path.Combine(folder, name)).FirstOrDefault(path => !PictureList.ClassesOf(path).IsEmpty);
        if (test is null) return HeldOutTest.Draw(Dataset(train, preparation, "folder"));

        var classes = PictureList.ClassesOf(test);
        if (!classes.SequenceEqual(train.Classes))
        {
            string odd = train.Classes.Except(classes).Concat(classes.Except(train.Classes)).First();
            throw DataException.CannotLoad(
                $"folder:{folder}", "training and test images have the same classes", $"'{odd}' is only in '{(train.Classes.Contains(odd) ? train.Folder : test)}'", "add or remove its folder");
        }

        return new(Dataset(train, preparation, "folder/train"), Dataset(PictureList.OfClasses(test, classes), preparation, "folder/test"));
    }

    private static ImageDataset Dataset(PictureList pictures, PicturePreparation preparation, string name)
    {
        ImmutableArray<string> classes = pictures.Classes.IsEmpty ? ["unlabelled"] : pictures.Classes;
        return new(name, PictureStore.Open(pictures, preparation), [.. pictures.Labels], classes) { HasLabels = !pictures.Classes.IsEmpty };
    }
}
