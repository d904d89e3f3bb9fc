using System.Globalization;

namespace Coppice.Search.Termination;

/// <summary>
/// Stops a multi-objective search when the hypervolume of its front has grown by no more than a share of itself in the last generations.
/// </summary>
/// <remarks>Needs a <see cref="SearchLoop{TState, TGenome}"/> that measures it; where it is not measured, this never stops.</remarks>
public sealed class HypervolumeStagnation : ITermination
{
    private readonly int _generations;
    private readonly double _minGain;

    /// <summary>A termination with the given patience.</summary>
    /// <param name="generations">Over how many generations the growth is taken, at least 1.</param>
    /// <param name="minGain">The least relative growth to go on, at least 0. Default 0.001, for fronts creep on in ever smaller steps.</param>
    public HypervolumeStagnation(int generations, double minGain = 0.001)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(generations, 1);
        if (!(minGain is >= 0 and < double.PositiveInfinity)) throw new ArgumentOutOfRangeException(nameof(minGain), minGain, "The least gain is finite and at least 0.");
        (_generations, _minGain) = (generations, minGain);
    }

    /// <inheritdoc/>
    public string? ReasonToStop(SearchProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        var history = progress.Hypervolumes;
        if (history.Length <= _generations) return null;

        bool hasGrown = history[^1] > history[^(_generations + 1)] * (1 + _minGain);
        return hasGrown ? null : string.Create(CultureInfo.InvariantCulture, $"the hypervolume grew by no more than {100 * _minGain:0.###} % in {_generations} generations");
    }
}
