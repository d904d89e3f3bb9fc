using System.Globalization;

namespace Coppice.Search.Algorithms;

/// <summary>No combination of the individuals at hand meets a cost budget.</summary>
public sealed class InfeasibleBudgetException : Exception
{
    /// <summary>A budget that cannot be met.</summary>
    /// <param name="costBudget">What was asked for.</param>
    /// <param name="lowestCost">The cheapest combination at hand.</param>
    public InfeasibleBudgetException(double costBudget, double lowestCost)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"Cannot meet a cost budget of {costBudget}: the cheapest combination found costs {lowestCost}; "
            + $"raise the budget, lower MinKeptRatio, or search more rounds."))
    {
        (CostBudget, LowestCost) = (costBudget, lowestCost);
    }

    /// <summary>The cost that was asked for.</summary>
    public double CostBudget { get; }

    /// <summary>The cost of the cheapest combination at hand.</summary>
    public double LowestCost { get; }
}
