using System.Text;
using Coppice.Tests.Data;

namespace Coppice.Tests;

public class AtomicFileTests
{
    [Fact]
    public void File_is_written_and_replaced_as_a_whole()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("file.txt");

        AtomicFile.WriteText(path, "a long first version");
        AtomicFile.WriteText(path, "größer");

        Assert.Equal("größer", Encoding.UTF8.GetString(File.ReadAllBytes(path)));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void Write_that_fails_half_way_leaves_the_old_file_and_no_other()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("file");
        AtomicFile.WriteText(path, "old");

        Assert.Throws<InvalidDataException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidDataException("half way");
        }));

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Disk_that_is_full_is_named_with_the_way_out()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("file");

        var fault = Assert.Throws<CoppiceException>(() => AtomicFile.Write(path, _ => throw new IOException("No space left on device.")));

        Assert.Equal($"Cannot write '{path}': No space left on device; give a path in a folder that exists, has room and may be written to.", fault.Message);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    /// <summary>No temporary file could be made, so there is none to clean up either: the reason that is told is the first one.</summary>
    [Theory]
    [InlineData("file/out", "Could not find a part of the path|Not a directory")]
    [InlineData("absent/out", "Could not find a part of the path")]
    public void Folder_that_is_none_is_a_fault_of_the_path(string name, string reason)
    {
        using var folder = new TemporaryFolder();
        folder.Write("file", [1]);

        var fault = Assert.Throws<CoppiceException>(() => AtomicFile.WriteText(folder.File(name), "text"));

        Assert.Matches($"^Cannot write '{folder.File(name)}': ({reason}).*; give a path in a folder that exists, has room and may be written to\\.$", fault.Message);
        Assert.Equal(["file"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Pair_is_written_and_replaced()
    {
        using var folder = new TemporaryFolder();

        foreach (byte version in (byte[])[1, 2])
        {
            AtomicFile.WritePair(folder.File("data"), stream => stream.WriteByte(version), folder.File("model"), [version]);

            Assert.Equal([version], File.ReadAllBytes(folder.File("data")));
            Assert.Equal([version], File.ReadAllBytes(folder.File("model")));
            Assert.Equal(["data", "model"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
        }
    }

    [Fact]
    public void Pair_of_which_one_fails_half_way_leaves_the_older_pair()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.WritePair(folder.File("data"), stream => stream.WriteByte(1), folder.File("model"), [1]);

        Assert.Throws<CoppiceException>(() => AtomicFile.WritePair(folder.File("data"), _ => throw new IOException("No space left on device."), folder.File("model"), [2]));

        Assert.Equal((1, 1), (File.ReadAllBytes(folder.File("data"))[0], File.ReadAllBytes(folder.File("model"))[0]));
        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);
    }

    /// <summary>What cannot be taken away (a folder stands there) keeps its companion: never does a name stand beside another one's data.</summary>
    [Fact]
    public void Older_companion_stays_until_the_file_that_needs_it_is_gone()
    {
        using var folder = new TemporaryFolder();
        folder.Write("data", [1]);
        folder.Write("model/inner", [1]);

        Assert.Throws<CoppiceException>(() => AtomicFile.WritePair(folder.File("data"), stream => stream.WriteByte(2), folder.File("model"), [2]));

        Assert.Equal([1], File.ReadAllBytes(folder.File("data")));
        Assert.Equal(["data", "model"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Folder_in_the_place_of_the_file_is_a_fault_of_the_path()
    {
        using var folder = new TemporaryFolder();
        folder.Write("out/inner", [1]);

        Assert.Throws<CoppiceException>(() => AtomicFile.WriteText(folder.File("out"), "text"));

        Assert.Equal(["out"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }
}
