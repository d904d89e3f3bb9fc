using System.Collections.Immutable;

namespace Coppice.Data.Arrays;

/// <summary>An array in a file: what its header says, checked against what is there, and its numbers, which can be read any number of times.</summary>
/// <param name="Path">The file, for messages.</param>
/// <param name="Name">Name of the array.</param>
/// <param name="Type">How its numbers are coded.</param>
/// <param name="IsBigEndian">Whether the most significant byte comes first.</param>
/// <param name="IsColumnMajor">Whether the first axis is the fastest (Fortran, MATLAB), not the last (C).</param>
/// <param name="Shape">Length of each axis.</param>
/// <param name="Open">Opens a stream that begins at the first number.</param>
internal sealed record StoredArray(
    string Path, string Name, ElementType Type, bool IsBigEndian, bool IsColumnMajor, ImmutableArray<int> Shape, Func<Stream> Open)
{
    /// <summary>Number of elements; below <see cref="Array.MaxLength"/>.</summary>
    public int Count => Shape.Aggregate(1, (product, length) => product * length);

    /// <summary>For example <c>60000 x 28 x 28</c>.</summary>
    public string ShapeText => Shape.IsEmpty ? "a single number" : string.Join(" x ", Shape);

    /// <summary>Checks a shape: its elements fit into an array of ours.</summary>
    /// <exception cref="DataException">They do not.</exception>
    public static ImmutableArray<int> RequireSane(string path, string name, IReadOnlyList<UInt128> shape)
    {
        var total = UInt128.One;
        foreach (var length in shape)
        {
            total *= length;
            if (length == 0 || total > (UInt128)Array.MaxLength) throw DataException.CannotRead(path, $"an array holds 1 to {Array.MaxLength} numbers", $"'{name}' claims {string.Join(" x ", shape)}", "get the file again");
        }

        return [.. shape.Select(length => (int)length)];
    }

    /// <summary>Reads all numbers in the order of the file.</summary>
    /// <exception cref="DataException">There are fewer than claimed, or more.</exception>
    public void Read(Action<ReadOnlySpan<double>> take)
    {
        using var stream = Open();
        long got = new NumberReader(stream, Type, IsBigEndian).Read(Count, take);
        if (got == Count && stream.ReadByte() < 0) return;
        throw WrongLength(got < Count ? $"only {got} follow" : "more follow");
    }

    /// <summary>All bytes in the order of the file, for an array of bytes. Memory grows with what is really there.</summary>
    /// <exception cref="DataException">There are fewer than claimed, or more.</exception>
    public byte[] ReadBytes()
    {
        using var stream = Open();
        byte[] bytes = DataFile.ReadUpTo(stream, Count);
        if (bytes.Length == Count && stream.ReadByte() < 0) return bytes;
        throw WrongLength(bytes.Length < Count ? $"only {bytes.Length} follow" : "more follow");
    }

    /// <summary>A fault of this array.</summary>
    public DataException Fault(string rule, string found, string wayOut) => DataException.CannotRead(Path, rule, found, wayOut);

    private DataException WrongLength(string found) => Fault($"the header of '{Name}' announces {ShapeText} = {Count} numbers", found, "get the file again");
}
