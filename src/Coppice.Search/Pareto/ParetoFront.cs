using System.Collections.Immutable;

namespace Coppice.Search.Pareto;

/// <summary>An archive of the individuals that nobody seen so far dominates; of equal vectors the first seen stays. A value: adding gives a new one.</summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
public sealed class ParetoFront<TGenome>
{
    /// <summary>An empty front.</summary>
    /// <param name="objectives">The numbers to minimise.</param>
    public ParetoFront(Objectives objectives)
        : this(objectives, [])
    {
    }

    private ParetoFront(Objectives objectives, ImmutableArray<Individual<TGenome>> members)
    {
        ArgumentNullException.ThrowIfNull(objectives);
        (Objectives, Members) = (objectives, members);
    }

    /// <summary>The numbers to minimise.</summary>
    public Objectives Objectives { get; }

    /// <summary>Those whom nobody dominates, by the first objective, best first. What a file needs to hold; <see cref="Add"/> restores the rest.</summary>
    public ImmutableArray<Individual<TGenome>> Members { get; }

    /// <summary>The front after more individuals have been seen. Those who failed are not taken.</summary>
    /// <param name="individuals">Whom to look at; in any order, seen before or not.</param>
    public ParetoFront<TGenome> Add(IEnumerable<Individual<TGenome>> individuals)
    {
        ArgumentNullException.ThrowIfNull(individuals);
        ImmutableArray<Individual<TGenome>> all = [.. Members, .. individuals.Where(individual => individual.Succeeded)];
        var vectors = Objectives.Of(all);
        List<int> front = [];
        for (int i = 0; i < all.Length; i++)
        {
            var vector = vectors[i];
            if (front.Exists(member => Dominance.Dominates(vectors[member], vector) || vectors[member].AsSpan().SequenceEqual(vector.AsSpan()))) continue;
            front.RemoveAll(member => Dominance.Dominates(vector, vectors[member]));
            front.Add(i);
        }

        return new(Objectives, [.. front.OrderBy(i => vectors[i][0]).Select(i => all[i])]);
    }

    /// <summary>The volume that the front dominates.</summary>
    /// <param name="reference">[objectives]: the corner of the worst.</param>
    public double Hypervolume(ImmutableArray<double> reference) => Pareto.Hypervolume.Of(Members, Objectives, reference);
}
