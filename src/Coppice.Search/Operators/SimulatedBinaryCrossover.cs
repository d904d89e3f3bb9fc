using System.Collections.Immutable;

namespace Coppice.Search.Operators;

/// <summary>
/// Simulated binary crossover, SBX (Deb &amp; Agrawal, 1995), in the bounded form of NSGA-II's code. With the parents' genes x₁ &lt; x₂ in [l, u]:
/// <code>
/// β  = 1 + 2 (x₁ − l) / (x₂ − x₁)                    for the lower child; 1 + 2 (u − x₂) / (x₂ − x₁) for the upper
/// α  = 2 − β^−(η+1),   r ~ U(0, 1), the same for both
/// β_q = (r α)^(1/(η+1)) if r ≤ 1/α, else (1 / (2 − r α))^(1/(η+1))
/// c₁ = ½ (x₁ + x₂ − β_q (x₂ − x₁)),   c₂ = ½ (x₁ + x₂ + β_q (x₂ − x₁))
/// </code>
/// </summary>
/// <remarks>
/// A gene is crossed with probability ½; equal genes stay. Which child gets c₁ is a fair coin. <see cref="Math.Pow"/> is the C library's, so
/// the same seed gives the same bits on one machine, not between platforms.
/// </remarks>
public sealed class SimulatedBinaryCrossover : ICrossover<RealGenome>
{
    private const double Indistinct = 1e-14;

    private readonly RealSpace _space;
    private readonly double _eta;

    /// <summary>A crossover in a space.</summary>
    /// <param name="space">The bounds, which children keep.</param>
    /// <param name="eta">η: how near the children are to the parents, at least 0; larger is nearer. Default 20.</param>
    public SimulatedBinaryCrossover(RealSpace space, double eta = 20)
    {
        ArgumentNullException.ThrowIfNull(space);
        if (!(eta is >= 0 and < double.PositiveInfinity)) throw new ArgumentOutOfRangeException(nameof(eta), eta, "The index of a distribution is finite and at least 0.");
        (_space, _eta) = (space, eta);
    }

    /// <inheritdoc/>
    public (RealGenome First, RealGenome Second) Cross(RealGenome mother, RealGenome father, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(mother);
        ArgumentNullException.ThrowIfNull(father);
        ArgumentNullException.ThrowIfNull(rng);
        double[] first = [.. mother.Genes], second = [.. father.Genes];
        for (int gene = 0; gene < first.Length; gene++)
        {
            if (!rng.Chance(0.5) || Math.Abs(first[gene] - second[gene]) <= Indistinct) continue;
            var (low, high) = Spread(gene, Math.Min(first[gene], second[gene]), Math.Max(first[gene], second[gene]), rng.NextDouble());
            (first[gene], second[gene]) = rng.Chance(0.5) ? (high, low) : (low, high);
        }

        return (new(ImmutableArray.Create(first)), new(ImmutableArray.Create(second)));
    }

    /// <summary>c₁ and c₂ of a gene for a given r.</summary>
    internal (double Low, double High) Spread(int gene, double x1, double x2, double r)
    {
        double width = x2 - x1, middle = x1 + x2;
        double lower = 0.5 * (middle - (SpreadFactor(r, 1 + (2 * (x1 - _space.Lower[gene]) / width)) * width));
        double upper = 0.5 * (middle + (SpreadFactor(r, 1 + (2 * (_space.Upper[gene] - x2) / width)) * width));
        return (_space.Clip(gene, lower), _space.Clip(gene, upper));
    }

    private double SpreadFactor(double r, double beta)
    {
        double alpha = 2 - Math.Pow(beta, -(_eta + 1));
        double area = r <= 1 / alpha ? r * alpha : 1 / (2 - (r * alpha));
        return Math.Pow(area, 1 / (_eta + 1));
    }
}
