using System.Collections.Immutable;
using System.Globalization;

namespace Coppice.Search.Pareto;

/// <summary>The numbers to minimise that a multi-objective search reads from an evaluation that succeeded.</summary>
/// <param name="Read">[objectives], at least one, each finite; always as many. Asked of evaluations that succeeded only.</param>
public sealed record Objectives(Func<Evaluation, ImmutableArray<double>> Read)
{
    /// <summary>Error against cost: (−<see cref="Evaluation.Fitness"/>, <see cref="Evaluation.Cost"/>).</summary>
    public static Objectives FitnessAndCost { get; } = new(evaluation => [-evaluation.Fitness, evaluation.Cost]);

    /// <summary>The vectors of a population.</summary>
    /// <typeparam name="TGenome">The encoded candidate.</typeparam>
    /// <param name="population">The individuals.</param>
    /// <returns>[individuals] of [objectives]; the default array for an individual that failed.</returns>
    /// <exception cref="InvalidOperationException">A vector has not as many objectives as the others, or one that is not finite.</exception>
    public ImmutableArray<ImmutableArray<double>> Of<TGenome>(IEnumerable<Individual<TGenome>> population)
    {
        ArgumentNullException.ThrowIfNull(population);
        int? count = null;
        return
        [
            .. population.Select(individual =>
            {
                if (!individual.Succeeded) return default;
                var vector = Read(individual.Evaluation);
                ThrowIfNotValid(vector, count ??= vector.IsDefault ? 0 : vector.Length);
                return vector;
            }),
        ];
    }

    private static void ThrowIfNotValid(ImmutableArray<double> vector, int count)
    {
        if (!vector.IsDefaultOrEmpty && vector.Length == count && vector.All(double.IsFinite)) return;
        string values = vector.IsDefault ? "none" : string.Join(", ", vector.Select(value => value.ToString(CultureInfo.InvariantCulture)));
        throw new InvalidOperationException(
            $"Cannot compare candidates: the objectives of one are [{values}], but must be {Math.Max(count, 1)} finite numbers, as those of the others; "
            + "a candidate that has none must be an evaluation that failed.");
    }
}
