using Coppice.Search;

namespace Coppice.Models;

/// <summary>How the elements of a parameter start.</summary>
public abstract record Initializer
{
    /// <summary>Writes the starting values.</summary>
    /// <param name="values">All elements of the parameter, row-major.</param>
    /// <param name="rng">The stream of this parameter alone.</param>
    public abstract void Fill(Span<float> values, Rng rng);
}

/// <summary>Every element is the same number.</summary>
/// <param name="Value">That number.</param>
public sealed record ConstantInitializer(float Value) : Initializer
{
    /// <inheritdoc/>
    public override void Fill(Span<float> values, Rng rng) => values.Fill(Value);
}

/// <summary>Independent elements from N(0, σ²).</summary>
/// <param name="StandardDeviation">σ, at least 0.</param>
public sealed record NormalInitializer(double StandardDeviation) : Initializer
{
    /// <inheritdoc/>
    public override void Fill(Span<float> values, Rng rng)
    {
        foreach (ref float value in values)
        {
            value = (float)(StandardDeviation * rng.NextGaussian());
        }
    }
}

/// <summary>Independent elements from U(−bound, bound); their standard deviation is bound / √3.</summary>
/// <param name="Bound">The bound, at least 0.</param>
public sealed record UniformInitializer(double Bound) : Initializer
{
    /// <inheritdoc/>
    public override void Fill(Span<float> values, Rng rng)
    {
        foreach (ref float value in values)
        {
            value = (float)(Bound * ((2 * rng.NextDouble()) - 1));
        }
    }
}
