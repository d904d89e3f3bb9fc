using System.Buffers.Binary;
using Coppice.Search;
using Coppice.Tests.Data;

namespace Coppice.Tests.Cli;

/// <summary>Random images of 28 × 28 in MNIST's format, of all ten classes.</summary>
internal static class RandomImages
{
    /// <summary>Writes training and test images into a folder.</summary>
    public static void Write(TemporaryFolder folder, int train, int test)
    {
        Write(folder, "train", train);
        Write(folder, "t10k", test);
    }

    private static void Write(TemporaryFolder folder, string part, int count)
    {
        byte[] images = new byte[16 + (count * 28 * 28)], labels = new byte[8 + count];
        WriteHeader(images, 0x803, count, 28, 28);
        WriteHeader(labels, 0x801, count);
        var rng = Rng.For(1, (ulong)count);
        for (int i = 16; i < images.Length; i++) images[i] = (byte)rng.Next(256);
        for (int i = 8; i < labels.Length; i++) labels[i] = (byte)(i % 10);
        folder.Write($"{part}-images-idx3-ubyte", images);
        folder.Write($"{part}-labels-idx1-ubyte", labels);
    }

    private static void WriteHeader(byte[] file, params int[] words)
    {
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4 * i), words[i]);
    }
}
