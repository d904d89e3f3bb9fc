using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using Coppice.Search.Json;

namespace Coppice.Search;

/// <summary>An immutable row of integers, for example the kept channels of each group. A value: equal genes are equal genomes.</summary>
/// <remarks>The bounds of the genes are those of its <see cref="IntegerSpace"/>; the genome itself does not know them.</remarks>
[JsonConverter(typeof(IntegerGenomeJsonConverter))]
public sealed class IntegerGenome : IGeneSequence<IntegerGenome>
{
    private const char Separator = ',';
    private const ulong HashTag = 0x7372656765746E69; // "integers", so that no bits or reals hash to the same

    private readonly Lazy<UInt128> _contentHash;

    /// <summary>A genome of the given genes.</summary>
    /// <param name="genes">At least one.</param>
    public IntegerGenome(ImmutableArray<int> genes)
    {
        if (genes.IsDefaultOrEmpty) throw new ArgumentException("A genome needs at least one gene, but got none.", nameof(genes));
        Genes = genes;
        _contentHash = new(() => ContentHasher.Hash([HashTag, (ulong)Genes.Length, .. Genes.Select(gene => (ulong)(long)gene)]));
    }

    /// <summary>The genes, in order.</summary>
    public ImmutableArray<int> Genes { get; }

    /// <inheritdoc/>
    public int Length => Genes.Length;

    /// <summary>128 bits that depend on nothing but the genes: the same in every process, so fit for a memo key in a file.</summary>
    /// <remarks>The hash of the words: the eight letters "integers", the number of genes, each gene in two's complement.</remarks>
    public UInt128 ContentHash => _contentHash.Value;

    /// <summary>A gene of this genome.</summary>
    /// <param name="gene">Its number, in [0, <see cref="Length"/>).</param>
    public int this[int gene] => Genes[gene];

    /// <summary>Reads what <see cref="ToString"/> writes: integers separated by commas.</summary>
    /// <param name="text">For example "3,-1,12".</param>
    /// <exception cref="FormatException">A gene is no integer of 32 bits.</exception>
    public static IntegerGenome Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new([.. text.Split(Separator).Select(ParseGene)]);

        int ParseGene(string gene) => int.TryParse(gene, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw new FormatException($"Cannot parse the integer genome '{text}': '{gene}' is no integer of 32 bits.");
    }

    /// <summary>This genome with one gene replaced.</summary>
    /// <param name="gene">The number of the gene.</param>
    /// <param name="value">Its new value.</param>
    public IntegerGenome With(int gene, int value) => new(Genes.SetItem(gene, value));

    /// <inheritdoc/>
    public IntegerGenome WithGenesOf(IntegerGenome other, BitString mask)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentNullException.ThrowIfNull(mask);
        return new(GeneSequences.Mix(Genes, other.Genes, mask));
    }

    /// <summary>Whether both have the same genes.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator ==(IntegerGenome? left, IntegerGenome? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether the genes differ.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator !=(IntegerGenome? left, IntegerGenome? right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(IntegerGenome? other) => other is not null && Genes.AsSpan().SequenceEqual(other.Genes.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as IntegerGenome);

    /// <inheritdoc/>
    public override int GetHashCode() => Sequences.HashOf(Genes);

    /// <summary>The genes, separated by commas: "3,-1,12".</summary>
    public override string ToString() => string.Join(Separator, Genes.Select(gene => gene.ToString(CultureInfo.InvariantCulture)));
}
