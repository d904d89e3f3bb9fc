using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Coppice.Search.Algorithms;

/// <summary>
/// One archived individual of each species, chosen so that the savings of cost add up to what a budget asks for, at the least sum of
/// fitness losses: a multiple-choice knapsack.
/// </summary>
/// <remarks>
/// <para>
/// Lagrange: at a price λ each species takes its individual of least loss − λ · saving, and the sum is optimal for what it saves. As λ
/// rises from 0, the choices move along the species' trade-off curves; since the curves are finite, the price at which the budget is met
/// is found exactly by taking their steps in order of price (Sinha &amp; Zoltners, 1979).
/// </para>
/// <para>
/// The last step may save more than needed. It is taken back, the gap is closed by the one replacement, out of all archives, of least
/// loss, and what the budget then leaves is spent on replacements that lower the loss. The loss therefore exceeds the optimum by less
/// than the loss of that last step.
/// </para>
/// </remarks>
public sealed class PricedSplice
{
    private PricedSplice(ImmutableArray<Individual<BitString>> members, double price, double loss, double cost) =>
        (Members, Price, Loss, Cost) = (members, price, loss, cost);

    /// <summary>The chosen individual of each species, in order.</summary>
    public ImmutableArray<Individual<BitString>> Members { get; }

    /// <summary>λ: the fitness that one unit of cost is worth at this budget, at least 0; 0 if the budget asks for nothing.</summary>
    public double Price { get; }

    /// <summary>The sum of the members' fitness losses relative to the full network; negative if pruning improves it.</summary>
    public double Loss { get; }

    /// <summary>The cost of the full network less the sum of the members' savings: the joint cost, were costs additive.</summary>
    public double Cost { get; }

    /// <summary>The members joined.</summary>
    public BitGenome Genome => new([.. Members.Select(member => member.Genome)]);

    /// <summary>Chooses from the species' archives.</summary>
    /// <param name="species">At least one species; the full individual of each has been evaluated.</param>
    /// <param name="costBudget">The cost not to be exceeded, in the unit of <see cref="Evaluation.Cost"/>.</param>
    /// <exception cref="InfeasibleBudgetException">Even the cheapest members cost more.</exception>
    public static PricedSplice Find(ImmutableArray<Species> species, double costBudget) =>
        TryFind(species, costBudget, out var splice) ? splice : throw new InfeasibleBudgetException(costBudget, LowestCost(species));

    /// <summary>Chooses from the species' archives, if they can meet the budget.</summary>
    /// <param name="species">At least one species; the full individual of each has been evaluated.</param>
    /// <param name="costBudget">The cost not to be exceeded, in the unit of <see cref="Evaluation.Cost"/>.</param>
    /// <param name="splice">The choice; null if even the cheapest members cost more.</param>
    public static bool TryFind(ImmutableArray<Species> species, double costBudget, [NotNullWhen(true)] out PricedSplice? splice)
    {
        splice = null;
        double fullCost = species[0].Full.Cost;
        double needed = fullCost - costBudget;
        ImmutableArray<ImmutableArray<Trade>> trades = [.. species.Select(TradesOf)];
        ImmutableArray<ImmutableArray<Trade>> curves = [.. trades.Select(TradeOffCurve.Of)];

        Trade[] choice = [.. curves.Select(curve => curve[0])];
        TradeStep? last = null;
        foreach (var step in TradeOffCurve.StepsOf(curves))
        {
            if (SavingOf(choice) >= needed) break;
            choice[step.Species] = step.To;
            last = step;
        }

        if (SavingOf(choice) < needed) return false;
        if (last is not null) choice[last.Species] = last.From;
        FitToBudget(choice, trades, needed);

        splice = new(
            [.. choice.Select(trade => trade.Individual)], last?.Price ?? 0, choice.Sum(trade => trade.Loss), fullCost - SavingOf(choice));
        return true;
    }

    /// <summary>Closes the gap to the budget by one replacement, if there is a gap, then lowers the loss as long as one replacement can.</summary>
    private static void FitToBudget(Trade[] choice, ImmutableArray<ImmutableArray<Trade>> trades, double needed)
    {
        while (BestReplacement(choice, trades, needed) is var (species, trade)
            && (SavingOf(choice) < needed || trade.Loss < choice[species].Loss))
        {
            choice[species] = trade;
        }
    }

    /// <summary>The one replacement that meets the budget with the least added, or the most removed, loss.</summary>
    private static (int Species, Trade Trade)? BestReplacement(Trade[] choice, ImmutableArray<ImmutableArray<Trade>> trades, double needed)
    {
        (int Species, Trade Trade)? best = null;
        double leastAdded = double.PositiveInfinity;
        for (int species = 0; species < choice.Length; species++)
        {
            foreach (var trade in trades[species])
            {
                double added = trade.Loss - choice[species].Loss;
                if (added >= leastAdded || SavingOf(choice, species, trade) < needed) continue;
                (best, leastAdded) = ((species, trade), added);
            }
        }

        return best;
    }

    private static double SavingOf(Trade[] choice) => SavingOf(choice, replaced: 0, by: choice[0]);

    // Always summed anew and in the same order: a running sum could disagree in its last bit on whether a budget is met.
    private static double SavingOf(Trade[] choice, int replaced, Trade by)
    {
        double saving = 0;
        for (int species = 0; species < choice.Length; species++) saving += (species == replaced ? by : choice[species]).Saving;
        return saving;
    }

    private static double LowestCost(ImmutableArray<Species> species) =>
        species[0].Full.Cost - species.Sum(s => TradesOf(s).Max(trade => trade.Saving));

    private static ImmutableArray<Trade> TradesOf(Species species) =>
    [
        .. species.Archive
            .Where(individual => individual.Succeeded)
            .Select(individual => new Trade(
                individual, Loss: species.Full.Fitness - individual.Fitness, Saving: species.Full.Cost - individual.Cost)),
    ];
}
