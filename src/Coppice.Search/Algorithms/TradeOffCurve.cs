using System.Collections.Immutable;

namespace Coppice.Search.Algorithms;

/// <summary>An archived individual, seen from the full one: what it loses in fitness and what it saves in cost; either may be negative.</summary>
internal sealed record Trade(Individual<BitString> Individual, double Loss, double Saving);

/// <summary>A step along a species' curve, to more saving at more loss.</summary>
internal sealed record TradeStep(int Species, Trade From, Trade To)
{
    /// <summary>Fitness paid per unit of cost saved, above 0.</summary>
    public double Price => TradeOffCurve.PriceBetween(From, To);
}

/// <summary>The lower convex hull of loss over saving: the trades that are the best of their species at some price λ ≥ 0.</summary>
internal static class TradeOffCurve
{
    /// <summary>The curve of a species, from the least loss to the most saving; the prices of its steps rise strictly.</summary>
    public static ImmutableArray<Trade> Of(ImmutableArray<Trade> trades)
    {
        List<Trade> curve = [];
        foreach (var trade in trades.OrderBy(trade => trade.Loss).ThenByDescending(trade => trade.Saving))
        {
            if (curve.Count > 0 && trade.Saving <= curve[^1].Saving) continue; // more loss for no more saving
            while (curve.Count > 1 && PriceBetween(curve[^2], curve[^1]) >= PriceBetween(curve[^1], trade)) curve.RemoveAt(curve.Count - 1);
            curve.Add(trade);
        }

        return [.. curve];
    }

    /// <summary>The steps of all species' curves, cheapest first.</summary>
    public static IEnumerable<TradeStep> StepsOf(IEnumerable<ImmutableArray<Trade>> curves) =>
        curves
            .SelectMany((curve, species) => curve.Zip(curve.Skip(1), (from, to) => new TradeStep(species, from, to)))
            .OrderBy(step => step.Price);

    public static double PriceBetween(Trade from, Trade to) => (to.Loss - from.Loss) / (to.Saving - from.Saving);
}
