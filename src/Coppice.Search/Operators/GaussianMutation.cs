namespace Coppice.Search.Operators;

/// <summary>
/// Gaussian mutation (Rechenberg, 1973; Schwefel, 1977): with a probability per gene, x + σ (u − l) · N(0, 1), clipped to the bounds [l, u].
/// </summary>
public sealed class GaussianMutation : IMutation<RealGenome>
{
    private readonly RealSpace _space;
    private readonly double _sigma;
    private readonly double _rate;

    /// <summary>A mutation in a space.</summary>
    /// <param name="space">The bounds.</param>
    /// <param name="sigma">σ: the standard deviation as a share of each gene's range, at least 0. Default 0.1.</param>
    /// <param name="rate">The probability per gene, in [0, 1]; null, the default, for 1 / genes: one change on average.</param>
    public GaussianMutation(RealSpace space, double sigma = 0.1, double? rate = null)
    {
        ArgumentNullException.ThrowIfNull(space);
        if (!(sigma is >= 0 and < double.PositiveInfinity)) throw new ArgumentOutOfRangeException(nameof(sigma), sigma, "A standard deviation is finite and at least 0.");
        (_space, _sigma, _rate) = (space, sigma, GeneMask.ThrowIfNoProbability(rate ?? (1.0 / space.Dimensions), nameof(rate)));
    }

    /// <inheritdoc/>
    public RealGenome Mutate(RealGenome parent, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(rng);
        return new([.. parent.Genes.Select((x, gene) => rng.Chance(_rate) ? Shift(gene, x, rng) : x)]);
    }

    private double Shift(int gene, double x, Rng rng) => _space.Clip(gene, x + (_sigma * _space.Range(gene) * rng.NextGaussian()));
}
