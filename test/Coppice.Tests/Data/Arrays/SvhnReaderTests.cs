using System.Buffers.Binary;
using Coppice.Data;
using Coppice.Data.Arrays;

namespace Coppice.Tests.Data.Arrays;

public sealed class SvhnReaderTests : IDisposable
{
    private static readonly int[] TwoImages = [32, 32, 3, 2];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("svhn-packed.mat")]
    [InlineData("svhn-double.mat")] // digits in double precision, and a text in front
    public void Files_that_scipy_wrote_are_read(string fixture)
    {
        foreach (string name in (string[])["train_32x32.mat", "test_32x32.mat"]) _folder.Write(name, Fixture.Read(fixture));

        var (train, test) = SvhnReader.Load(_folder.Path);

        Assert.Equal(("svhn/train", "svhn/test"), (train.Name, test.Name));
        Assert.Equal((new ImageShape(3, 32, 32), 4), (train.Shape, train.Count));
        Assert.Equal<int>([1, 0, 9, 3], train.Labels.ToArray());
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], test.ClassNames.AsEnumerable());
        for (int i = 0; i < train.Pixels.Length; i++)
        {
            var (n, c, h, w) = (i / 3072, i / 1024 % 3, i / 32 % 32, i % 32);
            Assert.Equal((byte)((5 * h) + (3 * w) + (50 * c) + (11 * n)), train.Pixels[i]);
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Files_of_either_byte_order_packed_or_not_are_read(bool isBigEndian, bool isPacked)
    {
        byte[] digits = new byte[16];
        if (isBigEndian)
        {
            BinaryPrimitives.WriteDoubleBigEndian(digits, 10);
            BinaryPrimitives.WriteDoubleBigEndian(digits.AsSpan(8), 7);
        }
        else
        {
            BinaryPrimitives.WriteDoubleLittleEndian(digits, 10);
            BinaryPrimitives.WriteDoubleLittleEndian(digits.AsSpan(8), 7);
        }

        WriteBoth(new MatBuilder(isBigEndian).Add("y", 6, 9, [2, 1], digits, isPacked).Add("X", 9, 2, TwoImages, Pixels(2), isPacked).File);

        var (train, _) = SvhnReader.Load(_folder.Path);

        Assert.Equal<int>([0, 7], train.Labels.ToArray());
        Assert.Equal(Pixels(2)[1], train.Pixels[32]); // the second byte of a column is the next row
        Assert.Equal(Pixels(2)[32], train.Pixels[1]);
    }

    [Fact]
    public void Missing_file_is_named()
    {
        _folder.Write("train_32x32.mat", Fixture.Read("svhn-packed.mat"));

        Assert.Equal(
            $"Cannot load 'svhn:{_folder.Path}': the folder holds test_32x32.mat, but it is not there; give the folder of the cropped digits (format 2).",
            Assert.Throws<DataException>(() => SvhnReader.Load(_folder.Path)).Message);
    }

    [Fact]
    public void Newer_format_is_refused_with_the_way_out() => AssertFault(
        [.. "MATLAB 7.3 MAT-file"u8, .. new byte[500]], "MATLAB files of version 5 to 7 are read, but this one is of version 7.3 (HDF5); store it again by save(…, '-v7').");

    [Fact]
    public void Other_file_is_refused() => AssertFault(new byte[500], "a MATLAB file begins with 128 bytes that end in IM or MI, but this one does not; give a .mat file of version 5 to 7.");

    [Fact]
    public void Missing_array_is_named() => AssertFault(
        new MatBuilder().Add("X", 9, 2, TwoImages, Pixels(2), isPacked: true).File, "the file holds the arrays X and y, but it holds 'X'; give the file that has 'y'.");

    [Fact]
    public void Images_of_another_shape_are_refused() => AssertFault(
        new MatBuilder().Add("X", 9, 2, [32, 32, 6], Pixels(2), isPacked: true).Add("y", 9, 2, [2, 1], [1, 2], isPacked: true).File,
        "X of SVHN holds bytes, 32 x 32 x 3 x N, but it is 32 x 32 x 6 of UInt8; give the files of the cropped digits (format 2).");

    [Fact]
    public void Digit_above_ten_is_refused() => AssertFault(
        new MatBuilder().Add("X", 9, 2, TwoImages, Pixels(2), isPacked: true).Add("y", 9, 2, [2, 1], [1, 11], isPacked: true).File,
        "y of SVHN holds 1 to 9, and 10 for the digit 0, but label 1 is 11; get the file again.");

    [Fact]
    public void Shape_that_does_not_fit_the_data_is_refused() => AssertFault(
        new MatBuilder().Add("X", 9, 2, [32, 32, 3, 600_000], Pixels(2), isPacked: true).File,
        "of an array in a MATLAB file 'X' of 32 x 32 x 3 x 600000 takes 1843200000 bytes, but its part claims 6144; get the file again.");

    [Fact]
    public void Element_that_is_cut_short_is_refused()
    {
        byte[] file = new MatBuilder().Add("X", 9, 2, TwoImages, Pixels(2), isPacked: false).File;

        AssertFault(file[..^1], $"every element of a MATLAB file is whole, but the one at byte 128 claims {file.Length - 136} bytes and {file.Length - 137} follow; get the file again.");
    }

    [Fact]
    public void Flipped_bit_in_a_packed_array_is_found_by_its_checksum()
    {
        byte[] file = new MatBuilder().Add("y", 9, 2, [2, 1], [1, 2], isPacked: true).Add("X", 9, 2, TwoImages, Pixels(2), isPacked: true).File;
        file[^1] ^= 1;

        AssertFault(file, "an element of a MATLAB file unpacks without error, but this one is damaged or cut short; get the file again.");
    }

    private static byte[] Pixels(int images) => [.. Enumerable.Range(0, 3072 * images).Select(i => (byte)(i * 7 % 251))];

    private void WriteBoth(byte[] file)
    {
        foreach (string name in (string[])["train_32x32.mat", "test_32x32.mat"]) _folder.Write(name, file);
    }

    private void AssertFault(byte[] file, string reason)
    {
        WriteBoth(file);
        Assert.Equal($"Cannot read '{_folder.File("train_32x32.mat")}': {reason}", Assert.Throws<DataException>(() => SvhnReader.Load(_folder.Path)).Message);
    }
}
