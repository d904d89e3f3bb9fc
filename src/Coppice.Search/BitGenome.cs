using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Coppice.Search.Json;

namespace Coppice.Search;

/// <summary>An immutable genome of bits in ordered segments, one per channel group. A value: equal segments are equal genomes.</summary>
[JsonConverter(typeof(BitGenomeJsonConverter))]
public sealed class BitGenome : IBitSequence<BitGenome>
{
    private const char Separator = '|';
    private readonly Lazy<UInt128> _contentHash;
    private readonly Lazy<BitString> _bits;

    /// <summary>Joins segments into a genome.</summary>
    /// <param name="segments">One bit string per channel group, at least one.</param>
    public BitGenome(ImmutableArray<BitString> segments)
    {
        if (segments.IsDefaultOrEmpty) throw new ArgumentException("A genome needs at least one segment, but got none.", nameof(segments));
        Segments = segments;
        Length = segments.Sum(segment => segment.Length);
        _contentHash = new(HashContent);
        _bits = new(Concatenate);
    }

    /// <summary>The segments, one per channel group.</summary>
    public ImmutableArray<BitString> Segments { get; }

    /// <summary>The number of bits of all segments, at least 1.</summary>
    public int Length { get; }

    /// <summary>The bits of all segments in one row, the first segment first.</summary>
    public BitString Bits => _bits.Value;

    /// <summary>
    /// 128 bits that depend on nothing but the content: the same in every process and on every platform, so fit for a memo key in a file.
    /// </summary>
    /// <remarks>
    /// The first 16 bytes, big-endian, of the SHA-256 of, in 64-bit little-endian words: the number of segments, then for each segment its
    /// length and its bits, lowest position in the lowest bit. Two genomes that differ share a hash with probability 2^-128.
    /// </remarks>
    public UInt128 ContentHash => _contentHash.Value;

    /// <summary>A segment of this genome.</summary>
    /// <param name="segment">Its number, in [0, number of segments).</param>
    public BitString this[int segment] => Segments[segment];

    /// <summary>The genome that keeps everything.</summary>
    /// <param name="lengths">The length of each segment, at least 1 each.</param>
    public static BitGenome AllOnes(params ReadOnlySpan<int> lengths)
    {
        var segments = ImmutableArray.CreateBuilder<BitString>(lengths.Length);
        foreach (int length in lengths) segments.Add(BitString.AllOnes(length));
        return new(segments.ToImmutable());
    }

    /// <summary>Reads what <see cref="ToString"/> writes: segments of 0 and 1, separated by a bar.</summary>
    /// <param name="text">For example "1011|11".</param>
    /// <exception cref="FormatException">A segment is empty or holds another character.</exception>
    public static BitGenome Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new([.. text.Split(Separator).Select(BitString.Parse)]);
    }

    /// <summary>This genome with one segment replaced by another of the same length.</summary>
    /// <param name="segment">The number of the segment.</param>
    /// <param name="bits">Its new content.</param>
    public BitGenome Replace(int segment, BitString bits)
    {
        ArgumentNullException.ThrowIfNull(bits);
        if (bits.Length != Segments[segment].Length)
        {
            throw new ArgumentException(
                $"Segment {segment} of the genome has {Segments[segment].Length} bits and cannot be replaced by {bits.Length} bits.", nameof(bits));
        }

        return new(Segments.SetItem(segment, bits));
    }

    /// <summary>A genome of the same segment lengths with other bits.</summary>
    /// <param name="bits">[<see cref="Length"/>], the first segment first.</param>
    public BitGenome WithBits(BitString bits)
    {
        ArgumentNullException.ThrowIfNull(bits);
        GeneSequences.ThrowIfUnequal("bits", bits.Length, Length);
        var segments = ImmutableArray.CreateBuilder<BitString>(Segments.Length);
        int first = 0;
        foreach (var segment in Segments)
        {
            segments.Add(bits.Slice(first, segment.Length));
            first += segment.Length;
        }

        return new(segments.MoveToImmutable());
    }

    /// <inheritdoc/>
    public BitGenome WithGenesOf(BitGenome other, BitString mask)
    {
        ArgumentNullException.ThrowIfNull(other);
        return WithBits(Bits.WithGenesOf(other.Bits, mask));
    }

    /// <inheritdoc/>
    public BitGenome Invert(BitString mask) => WithBits(Bits.Invert(mask));

    /// <summary>Whether both have the same bits.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator ==(BitGenome? left, BitGenome? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether the bits differ.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator !=(BitGenome? left, BitGenome? right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(BitGenome? other) => other is not null && Segments.AsSpan().SequenceEqual(other.Segments.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BitGenome);

    /// <inheritdoc/>
    public override int GetHashCode() => Sequences.HashOf(Segments);

    /// <summary>The segments as 0 and 1, separated by a bar: "1011|11".</summary>
    public override string ToString() => string.Join(Separator, Segments);

    private BitString Concatenate()
    {
        bool[] bits = new bool[Length];
        int position = 0;
        foreach (var segment in Segments)
        {
            for (int i = 0; i < segment.Length; i++) bits[position++] = segment[i];
        }

        return BitString.FromBits(bits);
    }

    private UInt128 HashContent()
    {
        List<ulong> words = [(ulong)Segments.Length];
        foreach (var segment in Segments)
        {
            words.Add((ulong)segment.Length);
            words.AddRange(segment.Words);
        }

        return ContentHasher.Hash(words);
    }
}
