using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Coppice.Search;

/// <summary>The box that real genomes live in: gene j lies in [<see cref="Lower"/>[j], <see cref="Upper"/>[j]].</summary>
public sealed class RealSpace : INumericSpace<RealGenome>
{
    /// <summary>A space with bounds per gene.</summary>
    /// <param name="lower">[genes], the least value of each, finite.</param>
    /// <param name="upper">[genes], the greatest value of each, finite and not below the least.</param>
    [JsonConstructor]
    public RealSpace(ImmutableArray<double> lower, ImmutableArray<double> upper)
    {
        if (lower.IsDefaultOrEmpty || upper.IsDefault || lower.Length != upper.Length)
        {
            throw new ArgumentException("A space needs one lower and one upper bound per gene, and at least one gene.", nameof(upper));
        }

        for (int gene = 0; gene < lower.Length; gene++)
        {
            if (lower[gene] <= upper[gene] && double.IsFinite(upper[gene] - lower[gene])) continue;
            throw new ArgumentException(FormattableString.Invariant(
                $"The bounds of gene {gene} are [{lower[gene]}, {upper[gene]}], but must be finite, and the upper not below the lower."), nameof(upper));
        }

        (Lower, Upper) = (lower, upper);
    }

    /// <summary>The least value of each gene.</summary>
    public ImmutableArray<double> Lower { get; }

    /// <summary>The greatest value of each gene.</summary>
    public ImmutableArray<double> Upper { get; }

    /// <summary>The number of genes, at least 1.</summary>
    [JsonIgnore]
    public int Dimensions => Lower.Length;

    /// <summary>A space with the same bounds for every gene.</summary>
    /// <param name="dimensions">The number of genes, at least 1.</param>
    /// <param name="lower">The least value.</param>
    /// <param name="upper">The greatest value.</param>
    public static RealSpace Cube(int dimensions, double lower, double upper) =>
        new([.. Enumerable.Repeat(lower, dimensions)], [.. Enumerable.Repeat(upper, dimensions)]);

    /// <summary>The width of a gene's interval, at least 0.</summary>
    /// <param name="gene">Its number.</param>
    public double Range(int gene) => Upper[gene] - Lower[gene];

    /// <inheritdoc/>
    public bool IsFree(int gene) => Range(gene) > 0;

    /// <inheritdoc/>
    public bool Contains(RealGenome genome)
    {
        ArgumentNullException.ThrowIfNull(genome);
        return genome.Length == Dimensions
            && Enumerable.Range(0, Dimensions).All(gene => genome[gene] >= Lower[gene] && genome[gene] <= Upper[gene]);
    }

    /// <summary>The value of a gene nearest to a number: the number, clipped to the bounds.</summary>
    /// <param name="gene">The number of the gene.</param>
    /// <param name="value">Any number but NaN.</param>
    public double Clip(int gene, double value) => Math.Clamp(value, Lower[gene], Upper[gene]);

    /// <summary>A uniform genome: every gene independent and uniform between its bounds.</summary>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    public RealGenome Sample(Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        return new([.. Enumerable.Range(0, Dimensions).Select(gene => Draw(gene, rng))]);
    }

    /// <inheritdoc/>
    public RealGenome Move(RealGenome x, RealGenome partner, int gene, double phi)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(partner);
        return x.With(gene, Clip(gene, x[gene] + (phi * (x[gene] - partner[gene]))));
    }

    /// <inheritdoc/>
    public RealGenome Redraw(RealGenome x, int gene, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(rng);
        return x.With(gene, Draw(gene, rng));
    }

    /// <summary>The bounds, as in "2 genes from [-1, 0] to [1, 0.5]".</summary>
    public override string ToString() => $"{Dimensions} genes from [{Text(Lower)}] to [{Text(Upper)}]";

    private static string Text(ImmutableArray<double> bounds) => string.Join(", ", bounds.Select(bound => bound.ToString(CultureInfo.InvariantCulture)));

    private double Draw(int gene, Rng rng) => Clip(gene, rng.NextDouble(Lower[gene], Upper[gene]));
}
