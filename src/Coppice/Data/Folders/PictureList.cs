using System.Collections.Immutable;

namespace Coppice.Data.Folders;

/// <summary>The pictures of a folder, without a look into any.</summary>
/// <param name="Folder">The folder that the names are relative to.</param>
/// <param name="Files">[N], with <c>/</c>; those of one class follow each other.</param>
/// <param name="Labels">[N], class of each; all 0 without classes.</param>
/// <param name="Classes">Name of each class; empty without classes.</param>
internal sealed record PictureList(string Folder, ImmutableArray<string> Files, ImmutableArray<int> Labels, ImmutableArray<string> Classes)
{
    private const int MaxDepth = 8;
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png"];

    /// <summary>Folders within, in the order of torchvision's ImageFolder: by the characters' codes. Hidden ones are no classes.</summary>
    public static ImmutableArray<string> ClassesOf(string folder) => Directory.Exists(folder)
        ? [.. Directory.EnumerateDirectories(folder, "*", new EnumerationOptions()).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The pictures in the folders of classes, at any depth; in each class by folder, then by name.</summary>
    /// <exception cref="DataException">A class has none.</exception>
    public static PictureList OfClasses(string folder, ImmutableArray<string> classes)
    {
        var files = ImmutableArray.CreateBuilder<string>();
        var labels = ImmutableArray.CreateBuilder<int>();
        for (int label = 0; label < classes.Length; label++)
        {
            string[] found = Find(folder, classes[label], depth: MaxDepth);
            if (found.Length == 0)
            {
                throw DataException.CannotLoad(
                    $"folder:{folder}", "each folder in it is a class with at least one .jpg, .jpeg or .png", $"'{classes[label]}' has none", "add pictures or remove the folder");
            }

            files.AddRange(found);
            labels.AddRange(Enumerable.Repeat(label, found.Length));
        }

        return new(folder, files.ToImmutable(), labels.ToImmutable(), classes);
    }

    /// <summary>The pictures in the folder itself.</summary>
    public static PictureList WithoutClasses(string folder)
    {
        ImmutableArray<string> files = [.. Find(folder, "", depth: 0)];
        return new(folder, files, [.. files.Select(_ => 0)], []);
    }

    /// <summary>The whole path of a picture.</summary>
    public string PathOf(int index) => Path.Combine(Folder, Files[index]);

    private static string[] Find(string folder, string within, int depth)
    {
        // Links are followed, as torchvision does; the depth keeps a link to a folder above from going round for ever.
        var options = new EnumerationOptions { RecurseSubdirectories = depth > 0, MaxRecursionDepth = depth, IgnoreInaccessible = false };
        return
        [
            .. Directory.EnumerateFiles(Path.Combine(folder, within), "*", options)
                .Where(path => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
                .Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'))
                .OrderBy(path => Path.GetDirectoryName(path), StringComparer.Ordinal)
                .ThenBy(path => path, StringComparer.Ordinal),
        ];
    }
}
