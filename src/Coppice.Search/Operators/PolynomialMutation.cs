namespace Coppice.Search.Operators;

/// <summary>
/// Polynomial mutation (Deb &amp; Goyal, 1996), in the bounded form of NSGA-II's code. With a probability per gene, for x in [l, u] and r ~ U(0, 1):
/// <code>
/// δ₁ = (x − l) / (u − l),  δ₂ = (u − x) / (u − l)
/// δ_q = (2 r + (1 − 2 r) (1 − δ₁)^(η+1))^(1/(η+1)) − 1              if r &lt; ½
///     = 1 − (2 (1 − r) + (2 r − 1) (1 − δ₂)^(η+1))^(1/(η+1))        else
/// x ← x + δ_q (u − l)
/// </code>
/// </summary>
/// <remarks><see cref="Math.Pow"/> is the C library's, so the same seed gives the same bits on one machine, not between platforms.</remarks>
public sealed class PolynomialMutation : IMutation<RealGenome>
{
    private readonly RealSpace _space;
    private readonly double _eta;
    private readonly double _rate;

    /// <summary>A mutation in a space.</summary>
    /// <param name="space">The bounds, which children keep.</param>
    /// <param name="eta">η: how near the child is to the parent, at least 0; larger is nearer. Default 20.</param>
    /// <param name="rate">The probability per gene, in [0, 1]; null, the default, for 1 / genes: one change on average.</param>
    public PolynomialMutation(RealSpace space, double eta = 20, double? rate = null)
    {
        ArgumentNullException.ThrowIfNull(space);
        if (!(eta is >= 0 and < double.PositiveInfinity)) throw new ArgumentOutOfRangeException(nameof(eta), eta, "The index of a distribution is finite and at least 0.");
        (_space, _eta, _rate) = (space, eta, GeneMask.ThrowIfNoProbability(rate ?? (1.0 / space.Dimensions), nameof(rate)));
    }

    /// <inheritdoc/>
    public RealGenome Mutate(RealGenome parent, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(rng);
        return new([.. parent.Genes.Select((x, gene) => rng.Chance(_rate) ? Shift(gene, x, rng.NextDouble()) : x)]);
    }

    /// <summary>The new value of a gene for a given r; a gene whose bounds are equal stays.</summary>
    internal double Shift(int gene, double x, double r)
    {
        double range = _space.Range(gene);
        if (range == 0) return x;
        double power = _eta + 1;
        double delta = r < 0.5
            ? Math.Pow((2 * r) + ((1 - (2 * r)) * Math.Pow(1 - ((x - _space.Lower[gene]) / range), power)), 1 / power) - 1
            : 1 - Math.Pow((2 * (1 - r)) + (((2 * r) - 1) * Math.Pow(1 - ((_space.Upper[gene] - x) / range), power)), 1 / power);
        return _space.Clip(gene, x + (delta * range));
    }
}
