using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Coppice.Search;

/// <summary>The hash of a genome's content: the first 16 bytes, big-endian, of the SHA-256 of 64-bit little-endian words.</summary>
internal static class ContentHasher
{
    public static UInt128 Hash(IEnumerable<ulong> words)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        foreach (ulong word in words)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, word);
            sha.AppendData(bytes);
        }

        return BinaryPrimitives.ReadUInt128BigEndian(sha.GetHashAndReset());
    }
}
