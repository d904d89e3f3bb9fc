using System.Collections.Immutable;

namespace Coppice.Search.Racing;

/// <summary>Candidates that compete for places: those of highest fitness − price · cost get them.</summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
/// <param name="Entrants">Who competes, newcomers and those that have been evaluated before alike; all different.</param>
/// <param name="Places">How many live on, at least 1.</param>
/// <param name="Price">Fitness that one unit of cost is worth, at least 0; at +∞ the cost decides. See <see cref="Operators.Survival.Best"/>.</param>
public sealed record Contest<TGenome>(ImmutableArray<TGenome> Entrants, int Places, double Price = 0);
