using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Coppice.Search;

/// <summary>The box that integer genomes live in: gene j lies in [<see cref="Lower"/>[j], <see cref="Upper"/>[j]], both ends included.</summary>
public sealed class IntegerSpace : INumericSpace<IntegerGenome>
{
    /// <summary>A space with bounds per gene.</summary>
    /// <param name="lower">[genes], the least value of each.</param>
    /// <param name="upper">[genes], the greatest value of each; not below the least, and fewer than 2^31 values apart.</param>
    [JsonConstructor]
    public IntegerSpace(ImmutableArray<int> lower, ImmutableArray<int> upper)
    {
        if (lower.IsDefaultOrEmpty || upper.IsDefault || lower.Length != upper.Length)
        {
            throw new ArgumentException("A space needs one lower and one upper bound per gene, and at least one gene.", nameof(upper));
        }

        for (int gene = 0; gene < lower.Length; gene++)
        {
            if ((long)upper[gene] - lower[gene] is >= 0 and < int.MaxValue) continue;
            throw new ArgumentException(
                $"The bounds of gene {gene} are [{lower[gene]}, {upper[gene]}], but the upper must not be below the lower, nor 2^31 − 1 above it.", nameof(upper));
        }

        (Lower, Upper) = (lower, upper);
    }

    /// <summary>The least value of each gene.</summary>
    public ImmutableArray<int> Lower { get; }

    /// <summary>The greatest value of each gene.</summary>
    public ImmutableArray<int> Upper { get; }

    /// <summary>The number of genes, at least 1.</summary>
    [JsonIgnore]
    public int Dimensions => Lower.Length;

    /// <summary>A space with the same bounds for every gene.</summary>
    /// <param name="dimensions">The number of genes, at least 1.</param>
    /// <param name="lower">The least value.</param>
    /// <param name="upper">The greatest value.</param>
    public static IntegerSpace Cube(int dimensions, int lower, int upper) =>
        new([.. Enumerable.Repeat(lower, dimensions)], [.. Enumerable.Repeat(upper, dimensions)]);

    /// <summary>How many values a gene can take, at least 1.</summary>
    /// <param name="gene">Its number.</param>
    public int Values(int gene) => Upper[gene] - Lower[gene] + 1;

    /// <inheritdoc/>
    public bool IsFree(int gene) => Values(gene) > 1;

    /// <inheritdoc/>
    public bool Contains(IntegerGenome genome)
    {
        ArgumentNullException.ThrowIfNull(genome);
        return genome.Length == Dimensions
            && Enumerable.Range(0, Dimensions).All(gene => genome[gene] >= Lower[gene] && genome[gene] <= Upper[gene]);
    }

    /// <summary>The value of a gene nearest to a real number: rounded (halves to even, so that nothing drifts), then clipped to the bounds.</summary>
    /// <param name="gene">The number of the gene.</param>
    /// <param name="value">Any number but NaN.</param>
    public int Nearest(int gene, double value) => (int)Math.Clamp(Math.Round(value), Lower[gene], Upper[gene]);

    /// <summary>A value of a gene other than the present one, all equally likely; the present one if there is no other.</summary>
    /// <param name="gene">The number of the gene.</param>
    /// <param name="present">Its value now, inside the bounds.</param>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    public int SampleOther(int gene, int present, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        return Values(gene) == 1 ? present : Lower[gene] + rng.NextExcept(Values(gene), present - Lower[gene]);
    }

    /// <summary>A uniform genome: every gene independent, every value equally likely, both bounds included.</summary>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    public IntegerGenome Sample(Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        var genes = ImmutableArray.CreateBuilder<int>(Dimensions);
        for (int gene = 0; gene < Dimensions; gene++) genes.Add(Lower[gene] + rng.Next(Values(gene)));
        return new(genes.MoveToImmutable());
    }

    /// <inheritdoc/>
    public IntegerGenome Move(IntegerGenome x, IntegerGenome partner, int gene, double phi)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(partner);
        return x.With(gene, Nearest(gene, x[gene] + (phi * ((double)x[gene] - partner[gene]))));
    }

    /// <inheritdoc/>
    public IntegerGenome Redraw(IntegerGenome x, int gene, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(x);
        return x.With(gene, SampleOther(gene, x[gene], rng));
    }

    /// <summary>The bounds, as in "2 genes from [1, 2] to [9, 5]".</summary>
    public override string ToString() => $"{Dimensions} genes from [{string.Join(", ", Lower)}] to [{string.Join(", ", Upper)}]";
}
