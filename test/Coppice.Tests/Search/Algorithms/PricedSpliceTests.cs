using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Tests.Search.Algorithms;

public sealed class PricedSpliceTests
{
    private const double FullCost = 100;

    // Losses and savings, by hand. Curve of A: 0 → (1, 10) → (4, 20), prices 0.1 and 0.3; of B: 0 → (2, 10) → (6, 20), prices 0.2 and 0.4.
    private static readonly ImmutableArray<Species> TwoSpecies = [SpeciesOf(0, (1, 10), (4, 20)), SpeciesOf(1, (2, 10), (6, 20))];

    [Theory]
    [InlineData(100, 0.0, 0.0, 100)]
    [InlineData(90, 0.1, 1.0, 90)]  // A saves 10
    [InlineData(80, 0.2, 3.0, 80)]  // and B saves 10; A alone would lose 4
    [InlineData(70, 0.3, 6.0, 70)]  // A saves 20, B 10
    [InlineData(60, 0.4, 10.0, 60)] // both save 20
    [InlineData(85, 0.2, 3.0, 80)]  // between two combinations: the dearer one must do
    [InlineData(1e9, 0.0, 0.0, 100)]
    public void Splice_takes_the_steps_of_the_curves_in_order_of_price(double budget, double price, double loss, double cost)
    {
        var splice = PricedSplice.Find(TwoSpecies, budget);

        Assert.Equal((price, loss, cost), (Math.Round(splice.Price, 9), Math.Round(splice.Loss, 9), splice.Cost));
    }

    [Fact]
    public void Splice_closes_the_gap_with_a_member_that_lies_on_no_curve_when_that_loses_less()
    {
        // The curve of species 0 knows only (10, 50), at a price of 0.2; (3, 10) lies above it, but is all that a budget of 90 needs.
        var splice = PricedSplice.Find([SpeciesOf(0, (3, 10), (10, 50))], costBudget: 90);

        Assert.Equal((3, 90), (Math.Round(splice.Loss, 9), splice.Cost));
        Assert.Equal(0.2, splice.Price, tolerance: 1e-12);
    }

    [Fact]
    public void Splice_spends_what_the_budget_leaves()
    {
        // Steps by price: A saves 10 at a loss of 1, then B must save 50 at 10. With B at 50, A need not save anything.
        var splice = PricedSplice.Find([SpeciesOf(0, (1, 10)), SpeciesOf(1, (10, 50))], costBudget: 50);

        Assert.Equal((10, 50), (Math.Round(splice.Loss, 9), splice.Cost));
        Assert.Equal("11", splice.Members[0].Genome.ToString()[..2]);
    }

    [Fact]
    public void Splice_takes_members_that_improve_the_network_for_nothing()
    {
        var splice = PricedSplice.Find([SpeciesOf(0, (-2, 10), (5, 20)), SpeciesOf(1, (1, 10))], costBudget: 1000);

        Assert.Equal((0, -2, 90), (splice.Price, Math.Round(splice.Loss, 9), splice.Cost));
    }

    [Fact]
    public void Splice_never_takes_a_failed_member()
    {
        var healthy = SpeciesOf(0, (5, 10));
        var species = healthy with { Archive = healthy.Archive.Add(new(BitString.Parse("0001"), new(9, 0, "failed, although cheap"))) };

        Assert.Equal(90, PricedSplice.Find([species], costBudget: 90).Cost);
        Assert.False(PricedSplice.TryFind([species], costBudget: 80, out _));
    }

    [Fact]
    public void Budget_below_the_cheapest_combination_is_infeasible()
    {
        var fault = Assert.Throws<InfeasibleBudgetException>(() => PricedSplice.Find(TwoSpecies, costBudget: 59.5));

        Assert.Equal((59.5, 60), (fault.CostBudget, fault.LowestCost));
    }

    [Fact]
    public void Splice_is_feasible_whenever_brute_force_is_and_within_one_step_of_its_optimum()
    {
        int feasible = 0, optimal = 0;
        for (ulong instance = 0; instance < 600; instance++)
        {
            var rng = Rng.For(2024, instance);
            ImmutableArray<Species> species = [.. Enumerable.Range(0, 1 + rng.Next(4)).Select(index => RandomSpecies(index, rng))];
            double budget = rng.Next(110);
            double? best = BruteForce(species, budget);

            Assert.Equal(best is not null, PricedSplice.TryFind(species, budget, out var splice));
            if (best is null) continue;

            Assert.True(splice!.Cost <= budget);
            Assert.Equal(splice.Loss, splice.Members.Sum(member => 1 - member.Fitness), tolerance: 1e-12);
            Assert.InRange(splice.Loss, best.Value - 1e-9, best.Value + LargestTieAt(splice.Price, species) + 1e-9);
            feasible++;
            optimal += splice.Loss <= best + 1e-9 ? 1 : 0;
        }

        Assert.InRange(feasible, 300, 599); // both kinds of instance were met
        Assert.True(optimal >= 0.9 * feasible, $"optimal in {optimal} of {feasible}");
    }

    [Fact]
    public void Price_is_where_the_dual_of_the_knapsack_is_highest()
    {
        for (ulong instance = 0; instance < 200; instance++)
        {
            var rng = Rng.For(7, instance);
            ImmutableArray<Species> species = [.. Enumerable.Range(0, 3).Select(index => RandomSpecies(index, rng))];
            double needed = rng.Next(60);
            if (!PricedSplice.TryFind(species, FullCost - needed, out var splice)) continue;

            double highest = Enumerable.Range(0, 2000).Max(step => Dual(0.0005 * step, species, needed));
            Assert.True(Dual(splice.Price, species, needed) >= highest - 1e-12);
        }
    }

    /// <summary>g(λ) = Σ min (loss − λ · saving) + λ · needed, a lower bound on the loss of every choice.</summary>
    private static double Dual(double price, ImmutableArray<Species> species, double needed) =>
        (price * needed) + species.Sum(s => s.Archive.Min(member => Priced(member, price)));

    /// <summary>The widest loss that the members of one species span which are equally good at a price: the step at which the budget is met.</summary>
    private static double LargestTieAt(double price, ImmutableArray<Species> species) => species.Max(s =>
    {
        double best = s.Archive.Min(member => Priced(member, price));
        double[] fitness = [.. s.Archive.Where(member => Priced(member, price) <= best + 1e-9).Select(member => member.Fitness)];
        return fitness.Max() - fitness.Min();
    });

    private static double Priced(Individual<BitString> member, double price) => 1 - member.Fitness - (price * (FullCost - member.Cost));

    private static double? BruteForce(ImmutableArray<Species> species, double budget)
    {
        IEnumerable<(double Loss, double Saving)> choices = [(0, 0)];
        foreach (var s in species)
        {
            choices = [.. choices.SelectMany(sum => s.Archive.Select(member => (sum.Loss + 1 - member.Fitness, sum.Saving + FullCost - member.Cost)))];
        }

        return choices.Where(sum => FullCost - sum.Saving <= budget).Select(sum => (double?)sum.Loss).Min();
    }

    private static Species RandomSpecies(int index, Rng rng) => SpeciesOf(
        index, [.. Enumerable.Range(0, 1 + rng.Next(7)).Select(_ => (rng.NextDouble(-0.05, 0.5), (double)rng.Next(40)))]);

    /// <summary>A species whose full member has fitness 1 and cost 100, and whose others are given by what they lose and save.</summary>
    private static Species SpeciesOf(int index, params (double Loss, double Saving)[] others)
    {
        var full = BitString.AllOnes(8);
        ImmutableArray<Individual<BitString>> archive =
        [
            new(full, new(1, FullCost)),
            .. others.Select((trade, i) => new Individual<BitString>(full.With(i, false), new(1 - trade.Loss, FullCost - trade.Saving))),
        ];
        return new(index, archive, archive);
    }
}
