using Coppice.Pruning.Methods;

namespace Coppice.Tests.PruningMethods;

public sealed class PruningMethodOptionsTests
{
    [Fact]
    public void Size_reaches_every_method_that_has_a_population()
    {
        var sized = new PruningMethodOptions().Sized(population: 7, generations: 3);

        Assert.Equal(
            [(7, 3), (7, 3), (7, 3), (7, 3), (7, 3), (7, 3)],
            new[]
            {
                (sized.Ga.PopulationSize, sized.Ga.Generations),
                (sized.GaLayerwise.PopulationSize, sized.GaLayerwise.Generations),
                (sized.Ccep.PopulationSize, sized.Ccep.Generations),
                (sized.Abc.SourceCount, sized.Abc.Cycles),
                (sized.Nsga2.PopulationSize, sized.Nsga2.Generations),
                (sized.Legr.PopulationSize, sized.Legr.Generations),
            });
    }

    [Fact]
    public void Size_that_is_not_given_is_each_methods_own() => Assert.Equal(new PruningMethodOptions(), new PruningMethodOptions().Sized(null, null));

    [Fact]
    public void Methods_with_a_population_are_in_the_table() => Assert.Equal(
        ["ga", "ga-layerwise", "ccep", "abc", "nsga2", "legr"],
        PruningMethodTable.All(new()).Select(method => method.Name).Where(PruningMethodOptions.HasPopulation));
}
