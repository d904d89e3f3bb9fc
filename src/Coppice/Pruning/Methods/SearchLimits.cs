using Coppice.Search.Termination;

namespace Coppice.Pruning.Methods;

/// <summary>What ends a search before its last generation; a generation under way is completed first. Nothing, unless something is set.</summary>
public sealed record SearchLimits
{
    /// <summary>Generations without improvement, at least 1: of the best fitness, or of a front's hypervolume.</summary>
    public int? Patience { get; init; }

    /// <summary>Genomes that the algorithm has evaluated, at least 1; those that come to a network measured before count too.</summary>
    public long? MaxEvaluations { get; init; }

    /// <summary>Minutes of the search, above 0 and at most <see cref="MostMinutes"/>. Where the clock ends a search, the same seed may give another result.</summary>
    public double? MaxMinutes { get; init; }

    /// <summary>The longest time that can be asked for: two years.</summary>
    public const double MostMinutes = 1_000_000;

    /// <summary>These limits, asked after that of the generations.</summary>
    /// <param name="generations">Steps after the founders.</param>
    /// <param name="measuresFront">Whether the search is one for a front, whose hypervolume is measured.</param>
    internal ITermination With(int generations, bool measuresFront)
    {
        var parts = new List<ITermination> { new MaxGenerations(generations) };
        if (Patience is { } patience)
        {
            parts.Add(measuresFront ? new HypervolumeStagnation(patience) : new Stagnation(patience));
        }

        if (MaxEvaluations is { } evaluations)
        {
            parts.Add(new MaxEvaluations(evaluations));
        }

        if (MaxMinutes is { } minutes)
        {
            parts.Add(new MaxDuration(TimeSpan.FromMinutes(minutes)));
        }

        return new AnyOf([.. parts]);
    }
}
