namespace Coppice.Data;

/// <summary>
/// Test images for a set that comes without: a fifth of its images, each class in its proportion, drawn by a seed that never changes, so that no <c>--split-seed</c> of any run lets a network see
/// them. Adding or removing images draws anew.
/// </summary>
internal static class HeldOutTest
{
    private const ulong Seed = 1;
    private const int Share = 5;

    /// <summary>Draws them.</summary>
    /// <exception cref="DataException">There are too few images for three splits.</exception>
    public static TrainTestData Draw(ImageDataset all)
    {
        if (all.Count < 3) throw DataException.CannotLoad(all.Name, "train, search and test split have an image each", $"there are {all.Count} images", "add images");

        var (test, train) = Stratification.Choose(all, DataSubset.All(all, Split.Test).Indices, Math.Max(1, all.Count / Share), Seed, RandomStream.HeldOutTest);
        return new(all.Select($"{all.Name}/train", train), all.Select($"{all.Name}/test", test));
    }
}
