using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using Coppice.Search.Json;

namespace Coppice.Search;

/// <summary>An immutable row of finite real numbers, for example an affine rank per layer. A value: equal genes are equal genomes.</summary>
/// <remarks>
/// The bounds of the genes are those of its <see cref="RealSpace"/>; the genome itself does not know them. −0 is taken as 0, so that what is
/// equal is equal in every bit.
/// </remarks>
[JsonConverter(typeof(RealGenomeJsonConverter))]
public sealed class RealGenome : IGeneSequence<RealGenome>
{
    private const char Separator = ',';
    private const ulong HashTag = 0x656E65676C616572; // "realgene", so that no bits or integers hash to the same

    private readonly Lazy<UInt128> _contentHash;

    /// <summary>A genome of the given genes.</summary>
    /// <param name="genes">At least one; each finite.</param>
    public RealGenome(ImmutableArray<double> genes)
    {
        if (genes.IsDefaultOrEmpty) throw new ArgumentException("A genome needs at least one gene, but got none.", nameof(genes));
        if (!genes.All(double.IsFinite)) throw new ArgumentException("A gene is a finite number, but one is NaN or infinite.", nameof(genes));
        Genes = [.. genes.Select(gene => gene + 0.0)]; // −0 + 0 = 0
        _contentHash = new(() => ContentHasher.Hash([HashTag, (ulong)Genes.Length, .. Genes.Select(BitConverter.DoubleToUInt64Bits)]));
    }

    /// <summary>The genes, in order; each finite.</summary>
    public ImmutableArray<double> Genes { get; }

    /// <inheritdoc/>
    public int Length => Genes.Length;

    /// <summary>128 bits that depend on nothing but the genes: the same in every process, so fit for a memo key in a file.</summary>
    /// <remarks>The hash of the words: the eight letters "realgene", the number of genes, the IEEE bits of each gene.</remarks>
    public UInt128 ContentHash => _contentHash.Value;

    /// <summary>A gene of this genome.</summary>
    /// <param name="gene">Its number, in [0, <see cref="Length"/>).</param>
    public double this[int gene] => Genes[gene];

    /// <summary>Reads what <see cref="ToString"/> writes: numbers separated by commas.</summary>
    /// <param name="text">For example "0.5,-1,2E-05".</param>
    /// <exception cref="FormatException">A gene is no finite number.</exception>
    public static RealGenome Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new([.. text.Split(Separator).Select(ParseGene)]);

        double ParseGene(string gene) =>
            double.TryParse(gene, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double value)
            && double.IsFinite(value)
                ? value
                : throw new FormatException($"Cannot parse the real genome '{text}': '{gene}' is no finite number.");
    }

    /// <summary>This genome with one gene replaced.</summary>
    /// <param name="gene">The number of the gene.</param>
    /// <param name="value">Its new value, finite.</param>
    public RealGenome With(int gene, double value) => new(Genes.SetItem(gene, value));

    /// <inheritdoc/>
    public RealGenome WithGenesOf(RealGenome other, BitString mask)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentNullException.ThrowIfNull(mask);
        return new(GeneSequences.Mix(Genes, other.Genes, mask));
    }

    /// <summary>Whether both have the same genes.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator ==(RealGenome? left, RealGenome? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether the genes differ.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator !=(RealGenome? left, RealGenome? right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(RealGenome? other) => other is not null && Genes.AsSpan().SequenceEqual(other.Genes.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RealGenome);

    /// <inheritdoc/>
    public override int GetHashCode() => Sequences.HashOf(Genes);

    /// <summary>The genes in the shortest form that reads back as the same number, separated by commas: "0.5,-1,2E-05".</summary>
    public override string ToString() => string.Join(Separator, Genes.Select(gene => gene.ToString("R", CultureInfo.InvariantCulture)));
}
