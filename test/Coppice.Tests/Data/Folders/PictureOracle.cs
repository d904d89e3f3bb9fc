using System.Globalization;
using Coppice.Tests.Oracles;

namespace Coppice.Tests.Data.Folders;

/// <summary>Pictures of every kind with what PIL and torchvision make of them.</summary>
public sealed class PictureOracle : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PictureOracle()
    {
        string output = PythonScript.Run("picture_oracle.py", "the packages python3-pil and python3-torchvision", "pictures", _folder.Path);
        Sizes = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToDictionary(
            words => words[0], words => (Width: int.Parse(words[1], CultureInfo.InvariantCulture), Height: int.Parse(words[2], CultureInfo.InvariantCulture)));
    }

    /// <summary>Width and height of each picture, and of each <c>NAME.RESIZE-CROP</c>.</summary>
    public IReadOnlyDictionary<string, (int Width, int Height)> Sizes { get; }

    public byte[] Read(string name) => File.ReadAllBytes(_folder.File(name));

    public void Dispose() => _folder.Dispose();
}
