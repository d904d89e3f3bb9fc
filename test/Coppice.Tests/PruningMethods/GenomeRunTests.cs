using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Pruning.Encodings;
using Coppice.Pruning.Methods;
using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Tests.PruningMethods;

/// <summary>The algorithms as the methods make them, on each genome: what can be asked of them without running a network.</summary>
public sealed class GenomeRunTests
{
    private static readonly long Half = ChannelValues.Space.Cost.Full.Macs / 2;
    private static readonly ImmutableArray<double[]> Scores = [.. ChannelValues.Space.Groups.Select(group => new L1Norm().Score(new(ChannelValues.Space.Units), group))];
    private static readonly EvolutionaryCompressionPruning Ga = new(new() { PopulationSize = 12 });
    private static readonly AbcPruning Abc = new(new() { SourceCount = 6 });
    private static readonly AbcPruning RealAbc = new(new() { SourceCount = 6, Genome = GenomeKind.Ranks });
    private static readonly Nsga2Pruning Nsga2 = new(new() { PopulationSize = 12 });
    private static readonly LegrPruning Legr = new(new() { PopulationSize = 12, Generations = 40 });

    private static readonly Dictionary<string, IGenomeRunCase> Table = new()
    {
        ["ga bits"] = Case<Generation<BitGenome>, BitGenome>((seed, channels) => Ga.Wang(Bits(Half), seed, channels)),
        ["ga counts"] = Case<Generation<IntegerGenome>, IntegerGenome>((seed, channels) => Ga.Classic(Counts(Half), seed, Encoded(Counts(Half), channels))),
        ["ga ranks"] = Case<Generation<RealGenome>, RealGenome>((seed, channels) => Ga.Classic(Ranks(Half), seed, Encoded(Ranks(Half), channels))),
        ["abc counts"] = Case<ColonyState<IntegerGenome>, IntegerGenome>((seed, channels) => Abc.Colony(Counts(Half), seed, channels)),
        ["abc ranks"] = Case<ColonyState<RealGenome>, RealGenome>((seed, channels) => RealAbc.Colony(Ranks(Half), seed, channels)),
        ["nsga2 bits"] = Case<Generation<BitGenome>, BitGenome>((seed, channels) => Nsga2.Algorithm(Bits(null), seed, channels)),
        ["nsga2 counts"] = Case<Generation<IntegerGenome>, IntegerGenome>((seed, channels) => Nsga2.Algorithm(Counts(null), seed, channels)),
        ["nsga2 ranks"] = Case<Generation<RealGenome>, RealGenome>((seed, channels) => Nsga2.Algorithm(Ranks(null), seed, channels)),
        ["legr bits"] = Case<AgingPopulation<BitGenome>, BitGenome>((seed, channels) => Legr.Algorithm(Bits(Half), seed, channels)),
        ["legr counts"] = Case<AgingPopulation<IntegerGenome>, IntegerGenome>((seed, channels) => Legr.Algorithm(Counts(Half), seed, channels)),
        ["legr ranks"] = Case<AgingPopulation<RealGenome>, RealGenome>((seed, channels) => Legr.Algorithm(Ranks(Half), seed, channels)),
    };

    public static TheoryData<string> Pairs => [.. Table.Keys];

    /// <summary>Those of several objectives keep more than the best.</summary>
    public static TheoryData<string> OfOneObjective => [.. Table.Keys.Where(pair => !pair.StartsWith("nsga2", StringComparison.Ordinal))];

    /// <summary>CCEP and the layerwise genetic algorithm take one genome, and their algorithms are tested on it as they are.</summary>
    [Fact]
    public void Every_pair_with_a_choice_is_in_the_table() => Assert.Equal(
        PruningMethodTable.All(new()).Where(method => method.Genomes.Length > 1).SelectMany(method => method.Genomes.Order().Select(kind => $"{method.Name} {GenomeChoice.Word(kind)}")),
        Table.Keys);

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Generation_0_has_distinct_individuals(string pair)
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            var (distinct, individuals) = await Table[pair].FoundersAsync(seed);

            Assert.Equal((pair.StartsWith("abc", StringComparison.Ordinal) ? 6 : 12, individuals), (individuals, distinct));
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Search_that_is_interrupted_and_resumed_equals_an_unbroken_one(string pair)
    {
        var (unbroken, resumed) = await Table[pair].ResumeAsync(seed: 2);

        Assert.Equal(unbroken, resumed);
    }

    [Theory]
    [MemberData(nameof(OfOneObjective))]
    public async Task Search_finds_better_networks_of_the_same_size(string pair)
    {
        for (ulong seed = 1; seed <= 3; seed++)
        {
            Assert.InRange(await Table[pair].GainAsync(seed, generations: 30), 0.01, 100);
        }
    }

    /// <summary>A source is left after more than five trials in vain: of counts after five, of ranks, 18 numbers, after 6 · 18.</summary>
    [Fact]
    public async Task Colony_over_ranks_is_patient()
    {
        var colony = RealAbc.Colony(Ranks(Half), seed: 1, new ChannelValues());
        var state = await colony.InitializeAsync([], CancellationToken.None);
        int most = 0;
        for (int cycle = 0; cycle < 15; cycle++)
        {
            state = await colony.StepAsync(state, CancellationToken.None);
            most = Math.Max(most, state.Sources.Max(source => source.Trials));
        }

        Assert.InRange(most, 10, 6 * 18);
    }

    private static ChannelBits Bits(long? macs) => new(ChannelValues.Space, Scores, macs);

    private static KeptCounts Counts(long? macs) => new(ChannelValues.Space, Scores, macs, steps: 10, maxSteps: 10);

    private static AffineRanks Ranks(long? macs) => new(ChannelValues.Space, Scores, macs, minKeptRatio: 0.1);

    private static EncodedFitness<TGenome> Encoded<TGenome>(IGenomeEncoding<TGenome> genome, IFitnessEvaluator<BitGenome> channels)
        where TGenome : notnull => new(genome, channels);

    private static GenomeRunCase<TState, TGenome> Case<TState, TGenome>(Func<ulong, IFitnessEvaluator<BitGenome>, ISearchAlgorithm<TState, TGenome>> make)
        where TState : ISearchState<TGenome>
        where TGenome : notnull => new(make);
}
