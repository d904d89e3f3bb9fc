using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json.Serialization;
using Coppice.Search.Json;

namespace Coppice.Search;

/// <summary>
/// An immutable string of bits of a fixed length, at least 1: one bit per filter, 1 = keep. A value: equal bits are equal strings.
/// </summary>
[JsonConverter(typeof(BitStringJsonConverter))]
public sealed class BitString : IBitSequence<BitString>
{
    private const int WordBits = 64;

    // Bit i is bit i mod 64 of word i / 64; bits past the length are 0, so equal strings have equal words.
    private readonly ulong[] _words;

    private BitString(int length, ulong[] words)
    {
        Length = length;
        _words = words;
        Count = words.Sum(BitOperations.PopCount);
    }

    /// <summary>The number of bits, at least 1.</summary>
    public int Length { get; }

    /// <summary>The number of ones, in [0, <see cref="Length"/>].</summary>
    public int Count { get; }

    /// <summary>The positions of the ones, ascending.</summary>
    public ImmutableArray<int> Indices => [.. Enumerable.Range(0, Length).Where(index => this[index])];

    /// <summary>This string itself.</summary>
    BitString IBitSequence<BitString>.Bits => this;

    /// <summary>The packed bits, 64 per word, lowest position in the lowest bit.</summary>
    internal ReadOnlySpan<ulong> Words => _words;

    /// <summary>The bit at a position in [0, <see cref="Length"/>).</summary>
    /// <param name="index">The position.</param>
    public bool this[int index]
    {
        get
        {
            ThrowIfOutside(index, Length);
            return (_words[index / WordBits] >> (index % WordBits) & 1) != 0;
        }
    }

    /// <summary>A string of ones: keep everything.</summary>
    /// <param name="length">The number of bits, at least 1.</param>
    public static BitString AllOnes(int length) => FromIndices(length, [.. Enumerable.Range(0, Math.Max(length, 0))]);

    /// <summary>The string with ones at the given positions and zeros elsewhere.</summary>
    /// <param name="length">The number of bits, at least 1.</param>
    /// <param name="indices">Positions in [0, <paramref name="length"/>), in any order.</param>
    public static BitString FromIndices(int length, ReadOnlySpan<int> indices)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ulong[] words = new ulong[(length + WordBits - 1) / WordBits];
        foreach (int index in indices)
        {
            ThrowIfOutside(index, length);
            words[index / WordBits] |= 1UL << (index % WordBits);
        }

        return new(length, words);
    }

    /// <summary>The string of the given bits.</summary>
    /// <param name="bits">At least one.</param>
    public static BitString FromBits(ReadOnlySpan<bool> bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits.Length, 1);
        ulong[] words = new ulong[(bits.Length + WordBits - 1) / WordBits];
        for (int index = 0; index < bits.Length; index++)
        {
            if (bits[index]) words[index / WordBits] |= 1UL << (index % WordBits);
        }

        return new(bits.Length, words);
    }

    /// <summary>Reads what <see cref="ToString"/> writes: a 0 or 1 per bit, position 0 first.</summary>
    /// <param name="text">At least one character, each 0 or 1.</param>
    /// <exception cref="FormatException">The text is empty or holds another character.</exception>
    public static BitString Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0) throw new FormatException("Cannot parse a bit string: the text is empty, but needs at least one 0 or 1.");
        int foreign = text.AsSpan().IndexOfAnyExcept('0', '1');
        if (foreign >= 0)
        {
            throw new FormatException(
                $"Cannot parse the bit string '{text}': every character must be 0 or 1, but number {foreign + 1} is '{text[foreign]}'.");
        }

        return FromIndices(text.Length, [.. Enumerable.Range(0, text.Length).Where(index => text[index] == '1')]);
    }

    /// <summary>This string with one bit set to <paramref name="value"/>.</summary>
    /// <param name="index">The position, in [0, <see cref="Length"/>).</param>
    /// <param name="value">The new bit.</param>
    public BitString With(int index, bool value)
    {
        if (this[index] == value) return this;
        ulong[] words = [.. _words];
        words[index / WordBits] ^= 1UL << (index % WordBits);
        return new(Length, words);
    }

    /// <summary>A part of this string.</summary>
    /// <param name="first">Its first position, in [0, <see cref="Length"/>).</param>
    /// <param name="length">Its number of bits, at least 1.</param>
    public BitString Slice(int first, int length)
    {
        ThrowIfOutside(first, Length);
        ThrowIfOutside(first + length - 1, Length);
        bool[] bits = new bool[length];
        for (int i = 0; i < length; i++) bits[i] = this[first + i];
        return FromBits(bits);
    }

    /// <inheritdoc/>
    public BitString WithGenesOf(BitString other, BitString mask)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentNullException.ThrowIfNull(mask);
        GeneSequences.ThrowIfUnequal("bits of the other string", other.Length, Length);
        GeneSequences.ThrowIfUnequal("bits of the mask", mask.Length, Length);
        ulong[] words = [.. _words];
        for (int i = 0; i < words.Length; i++) words[i] ^= (words[i] ^ other._words[i]) & mask._words[i];
        return new(Length, words);
    }

    /// <inheritdoc/>
    public BitString Invert(BitString mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        GeneSequences.ThrowIfUnequal("bits of the mask", mask.Length, Length);
        ulong[] words = [.. _words];
        for (int i = 0; i < words.Length; i++) words[i] ^= mask._words[i];
        return new(Length, words);
    }

    /// <summary>Whether both have the same bits.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator ==(BitString? left, BitString? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether the bits differ.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator !=(BitString? left, BitString? right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(BitString? other) =>
        other is not null && Length == other.Length && _words.AsSpan().SequenceEqual(other._words);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BitString);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(Length);
        foreach (ulong word in _words) hash.Add(word);
        return hash.ToHashCode();
    }

    /// <summary>A 0 or 1 per bit, position 0 first: "1011".</summary>
    public override string ToString() =>
        string.Create(Length, this, (text, bits) =>
        {
            for (int index = 0; index < text.Length; index++) text[index] = bits[index] ? '1' : '0';
        });

    private static void ThrowIfOutside(int index, int length)
    {
        if ((uint)index >= (uint)length)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, $"A bit string of length {length} has positions 0 to {length - 1}.");
        }
    }
}
