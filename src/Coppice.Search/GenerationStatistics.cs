using System.Collections.Immutable;

namespace Coppice.Search;

/// <summary>What a generation looks like in numbers. Best, mean and deviation are of those who succeeded; null if nobody did.</summary>
/// <param name="Number">The number of the generation, from 0.</param>
/// <param name="Evaluations">How many candidates have been evaluated so far.</param>
/// <param name="Individuals">How many are alive.</param>
/// <param name="Failed">How many of them failed.</param>
/// <param name="Best">The best fitness.</param>
/// <param name="Mean">The mean fitness.</param>
/// <param name="StandardDeviation">The standard deviation of the fitness, over n.</param>
/// <param name="Distinct">Share of different genomes, in (0, 1]; 1 = all different.</param>
/// <param name="Diversity">The mean distance over all pairs, in the unit of the distance; null if none was given, 0 if there is no pair.</param>
public sealed record GenerationStatistics(
    int Number,
    long Evaluations,
    int Individuals,
    int Failed,
    double? Best,
    double? Mean,
    double? StandardDeviation,
    double Distinct,
    double? Diversity)
{
    /// <summary>The statistics of a state.</summary>
    /// <typeparam name="TGenome">The encoded candidate; a value with its own equality.</typeparam>
    /// <param name="state">The state.</param>
    /// <param name="distance">The distance of two genomes, for example <see cref="GenomeDistance.Hamming{TGenome}"/>; null to leave it out.</param>
    public static GenerationStatistics Of<TGenome>(ISearchState<TGenome> state, Func<TGenome, TGenome, double>? distance = null)
    {
        ArgumentNullException.ThrowIfNull(state);
        var individuals = state.Individuals;
        double[] fitness = [.. individuals.Where(individual => individual.Succeeded).Select(individual => individual.Fitness)];
        double? mean = fitness.Length == 0 ? null : fitness.Average();
        return new(
            state.Number,
            state.Evaluations,
            individuals.Length,
            individuals.Length - fitness.Length,
            fitness.Length == 0 ? null : fitness.Max(),
            mean,
            fitness.Length == 0 ? null : Math.Sqrt(fitness.Average(f => (f - mean!.Value) * (f - mean.Value))),
            (double)individuals.Select(individual => individual.Genome).Distinct().Count() / individuals.Length,
            distance is null ? null : MeanDistance([.. individuals.Select(individual => individual.Genome)], distance));
    }

    private static double MeanDistance<TGenome>(ImmutableArray<TGenome> genomes, Func<TGenome, TGenome, double> distance)
    {
        double sum = 0;
        for (int i = 0; i < genomes.Length; i++)
        {
            for (int j = 0; j < i; j++) sum += distance(genomes[i], genomes[j]);
        }

        long pairs = (long)genomes.Length * (genomes.Length - 1) / 2;
        return pairs == 0 ? 0 : sum / pairs;
    }
}
