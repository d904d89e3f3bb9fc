using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Pruning.Encodings;

namespace Coppice.Pruning.Methods;

/// <summary>Settings of all methods; each takes its own.</summary>
public sealed record PruningMethodOptions
{
    /// <summary>Settings of CCEP.</summary>
    public CcepOptions Ccep { get; init; } = new();

    /// <summary>Settings of the genetic algorithm over filter bits.</summary>
    public EvolutionaryCompressionPruningOptions Ga { get; init; } = new();

    /// <summary>Settings of the genetic algorithm layer by layer.</summary>
    public LayerwiseGaOptions GaLayerwise { get; init; } = new();

    /// <summary>Settings of the bee colony.</summary>
    public AbcPruningOptions Abc { get; init; } = new();

    /// <summary>Settings of NSGA-II.</summary>
    public Nsga2PruningOptions Nsga2 { get; init; } = new();

    /// <summary>Settings of LeGR.</summary>
    public LegrPruningOptions Legr { get; init; } = new();

    /// <summary>Candidates that EagleEye draws.</summary>
    public int EagleEyeSamples { get; init; } = 256;

    /// <summary>How many channels each group keeps under the methods that are named after their criterion.</summary>
    public Allocation Allocation { get; init; } = Allocation.Uniform;

    /// <summary>Passes of the one-shot methods.</summary>
    public IterativeOptions Iterative { get; init; } = new();

    /// <summary>k of the best of k random plans.</summary>
    public int RandomSamples { get; init; } = 32;

    /// <summary>The papers' settings as far as they are known and bearable here (Wang et al. evolve 1000 individuals for 100 generations); size options of the user's come on top.</summary>
    public static PruningMethodOptions Published { get; } = new()
    {
        Ccep = new() { WarmStart = false },
        Ga = new() { PublishedOperators = true, WarmStart = false },
        GaLayerwise = LayerwiseGaOptions.Published,
        Abc = AbcPruningOptions.Published,
        Legr = LegrPruningOptions.Published,
        EagleEyeSamples = 1000,
    };

    /// <summary>Whether the method of that name evolves a population, so that <see cref="Sized"/> means something to it.</summary>
    public static bool HasPopulation(string method) => PruningMethodTable.All(new()).Any(known => known.Name == method && !known.Genomes.IsEmpty);

    /// <summary>Whether the method of that name is one shot by a criterion, so that <see cref="Iterative"/> means something to it.</summary>
    public static bool TakesPasses(string method) => TakesAllocation(method) || method == PruningMethodTable.GlobalL1;

    /// <summary>Whether the method of that name is named after its criterion, so that <see cref="Allocation"/> means something to it.</summary>
    public static bool TakesAllocation(string method) => CriterionTable.All.Any(criterion => criterion.Name == method);

    /// <summary>These settings with another genome for one method; those that take but one are left as they are.</summary>
    /// <param name="method">Its name.</param>
    /// <param name="genome">What it shall evolve; null for its own. Without meaning for a method that evolves nothing.</param>
    /// <exception cref="CoppiceException">There is no such method, or it cannot evolve that; the message says what there is.</exception>
    public PruningMethodOptions WithGenome(string method, GenomeKind? genome)
    {
        if (PruningMethodTable.Find(method, this) is not { Genomes.IsEmpty: false } found)
        {
            return this;
        }

        GenomeChoice.Of(found, genome);
        return method switch
        {
            EvolutionaryCompressionPruning.MethodName => this with { Ga = Ga with { Genome = genome } },
            AbcPruning.MethodName => this with { Abc = Abc with { Genome = genome } },
            Nsga2Pruning.MethodName => this with { Nsga2 = Nsga2 with { Genome = genome } },
            LegrPruning.MethodName => this with { Legr = Legr with { Genome = genome } },
            _ => found.Genomes.Length == 1 ? this : throw new InvalidOperationException($"'{method}' takes several genomes, but its settings say nothing of them."),
        };
    }

    /// <summary>These settings with another size of every population, and another number of generations.</summary>
    /// <param name="population">Individuals, at least 2; null for each method's own.</param>
    /// <param name="generations">Generations or cycles, at least 1; null for each method's own.</param>
    public PruningMethodOptions Sized(int? population, int? generations) => this with
    {
        Ga = Ga with { PopulationSize = population ?? Ga.PopulationSize, Generations = generations ?? Ga.Generations },
        GaLayerwise = GaLayerwise with { PopulationSize = population ?? GaLayerwise.PopulationSize, Generations = generations ?? GaLayerwise.Generations },
        Ccep = Ccep with { PopulationSize = population ?? Ccep.PopulationSize, Generations = generations ?? Ccep.Generations },
        Abc = Abc with { SourceCount = population ?? Abc.SourceCount, Cycles = generations ?? Abc.Cycles },
        Nsga2 = Nsga2 with { PopulationSize = population ?? Nsga2.PopulationSize, Generations = generations ?? Nsga2.Generations },
        Legr = Legr with { PopulationSize = population ?? Legr.PopulationSize, Generations = generations ?? Legr.Generations },
    };
}

/// <summary>The methods by name. A new one is a file beside this one and a line here; the tests over this table then try it.</summary>
public static class PruningMethodTable
{
    /// <summary>Name of the one threshold over the L1 norms of all groups.</summary>
    public const string GlobalL1 = "global-l1";

    /// <summary>All methods.</summary>
    public static ImmutableArray<IPruningMethod> All(PruningMethodOptions options) =>
    [
        .. CriterionTable.All.Select(criterion => InPasses(new(criterion, options.Allocation), options.Iterative)),
        InPasses(new(new L1Norm(), Allocation.Global, GlobalL1), options.Iterative),
        new ZeroedPruning(),
        new RandomPruning(options.RandomSamples),
        new EagleEyePruning(options.EagleEyeSamples),
        new EvolutionaryCompressionPruning(options.Ga),
        new LayerwiseGaPruning(options.GaLayerwise),
        new CcepPruning(options.Ccep),
        new AbcPruning(options.Abc),
        new Nsga2Pruning(options.Nsga2),
        new LegrPruning(options.Legr),
    ];

    /// <summary>The method of that name.</summary>
    /// <exception cref="CoppiceException">There is none; the message lists them.</exception>
    public static IPruningMethod Find(string name, PruningMethodOptions options) => All(options).FirstOrDefault(method => method.Name == name)
        ?? throw new CoppiceException($"Unknown method '{name}'. {Spelling.Hint(name, All(options).Select(method => method.Name))}");

    private static IPruningMethod InPasses(OneShotPruning oneShot, IterativeOptions options) => options.Passes > 1 ? new IterativePruning(oneShot, options) : oneShot;
}
