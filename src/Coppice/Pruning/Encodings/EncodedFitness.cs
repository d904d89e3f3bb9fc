using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Racing;

namespace Coppice.Pruning.Encodings;

/// <summary>Evaluates genomes of any encoding by what they decode to; different genomes with the same channels share one evaluation if the inner evaluator has a memo.</summary>
/// <typeparam name="TGenome">What the algorithm varies.</typeparam>
/// <param name="encoding">What genomes mean.</param>
/// <param name="channels">Evaluates choices of channels.</param>
public sealed class EncodedFitness<TGenome>(IGenomeEncoding<TGenome> encoding, IFitnessEvaluator<BitGenome> channels) : IRacingEvaluator<TGenome>
    where TGenome : notnull
{
    /// <inheritdoc/>
    public ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<TGenome> genomes, CancellationToken cancellationToken) =>
        channels.EvaluateAsync([.. genomes.Select(encoding.Decode)], cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<TGenome, Evaluation>> RaceAsync(ImmutableArray<Contest<TGenome>> contests, CancellationToken cancellationToken)
    {
        var decoded = contests.SelectMany(contest => contest.Entrants).Distinct().ToDictionary(genome => genome, encoding.Decode);
        ImmutableArray<Contest<BitGenome>> channelContests =
            [.. contests.Select(contest => new Contest<BitGenome>([.. contest.Entrants.Select(genome => decoded[genome]).Distinct()], contest.Places, contest.Price))];
        var evaluated = channels is IRacingEvaluator<BitGenome> races
            ? await races.RaceAsync(channelContests, cancellationToken)
            : await channels.EvaluateEntrantsAsync(channelContests, cancellationToken);
        return decoded.ToDictionary(pair => pair.Key, pair => evaluated[pair.Value]);
    }
}
