using System.Collections.Immutable;
using System.CommandLine;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Pruning.Encodings;
using Coppice.Pruning.Methods;
using Coppice.Runs;
using Coppice.Training;

namespace Coppice.Cli.Options;

/// <summary>The options of a compression, from the search to the latency of what it found.</summary>
/// <param name="standard">The settings where the user chooses nothing.</param>
internal sealed class SearchOptionSet(CompressionOptions standard)
{
    private const string Ccep = CcepPruning.MethodName, Ga = EvolutionaryCompressionPruning.MethodName, Abc = AbcPruning.MethodName, Nsga2 = Nsga2Pruning.MethodName, Random = RandomPruning.MethodName;

    private static readonly ImmutableArray<IPruningMethod> Known = PruningMethodTable.All(new());
    private static readonly ImmutableArray<string> Racing = [.. Known.Where(method => method.Races).Select(method => method.Name)];
    private static readonly ImmutableArray<string> Limited = [.. Known.Where(method => method.HeedsLimits).Select(method => method.Name)];
    private static readonly IEnumerable<string> OneShot = Known.Select(method => method.Name).Where(PruningMethodOptions.TakesPasses);

    private readonly Option<string> _algorithm = new("--algorithm") { Description = "How to search ('coppice methods' lists them)", HelpName = "NAME", DefaultValueFactory = _ => standard.Algorithm };

    private readonly Option<string> _baselines = new("--baselines")
    {
        Description = "Methods run beside it at the same MACs with the same fine-tuning, comma-separated, or none",
        HelpName = "LIST",
        DefaultValueFactory = _ => string.Join(',', standard.Baselines),
    };

    private readonly Option<MacTarget?> _maxMacs = CommonOptions.MaxMacs();
    private readonly Option<bool> _faithful = new("--faithful")
    {
        Description = "Run the algorithm as its authors ran it, with their settings, their scores and their use of test images, which the report then says in red; without baselines",
    };

    private readonly ChoiceOption<GroupScope> _scope = CommonOptions.Scope("inner");
    private readonly ConstraintOptionSet _constraints = new();
    private readonly Option<int?> _population = NumberOption.Optional<int>("--population", $"Individuals of a population ({Ccep}: of each species; {Abc}: food sources); at least 2", "the method's own", value => value >= 2);
    private readonly Option<int?> _generations = NumberOption.Optional<int>("--generations", $"Generations ({Ccep}: of each round; {Abc}: cycles); at least 1", "the method's own", value => value >= 1);
    private readonly ChoiceOption<GenomeKind?> _genome = new(
        "--genome",
        "What --algorithm evolves: its own ('coppice methods' lists them), a bit per channel, a count per group, or two numbers per group that rank all channels; baselines keep their own",
        "own",
        [new("own", null), .. Enum.GetValues<GenomeKind>().Select(kind => new Choice<GenomeKind?>(GenomeChoice.Word(kind), kind))]);

    private readonly Option<int?> _patience = NumberOption.Optional<int>("--patience", $"{string.Join(", ", Limited)}: end after so many generations without improvement ({Nsga2}: of the front's hypervolume, by a thousandth); at least 1", "all generations", value => value >= 1);
    private readonly Option<long?> _maxEvaluations = NumberOption.Optional<long>("--max-evaluations", $"{string.Join(", ", Limited)}: end after the generation with the evaluation of that number; at least 1", "all generations", value => value >= 1);
    private readonly Option<double?> _maxMinutes = NumberOption.Optional<double>("--max-minutes", $"{string.Join(", ", Limited)}: end each after the generation under way at that time; the same seed may then give another result; above 0, up to 1000000", "all generations", value => value is > 0 and <= SearchLimits.MostMinutes);
    private readonly Option<int> _rounds = NumberOption.Integer("--rounds", $"{Ccep}: rounds of prune and fine-tune", standard.Methods.Ccep.Rounds, 1);
    private readonly Option<int> _roundEpochs = NumberOption.Integer("--round-epochs", $"{Ccep}, and one-shot methods in passes: epochs of fine-tuning between rounds; none with --epochs 0", standard.Methods.Ccep.RoundEpochs, 0);
    private readonly Option<double?> _maxKept = new("--max-kept")
    {
        Description = $"{Abc} without --max-macs: the largest share of its channels that a group keeps, α in the paper [default: 100%, 70% with --faithful]",
        HelpName = "70%",
        CustomParser = result => OptionParsing.Try<double?>(result, text => OptionParsing.Share(text, allowsWhole: true)),
    };

    private readonly Option<double> _sizeWeight = NumberOption.Positive("--size-weight", $"{Ga} without --max-macs: weight λ of the MACs saved against the accuracy", standard.Methods.Ga.SizeWeight);
    private readonly Option<int> _passes = NumberOption.Integer("--passes", $"One-shot methods ({string.Join(", ", OneShot.Take(3))}, …): passes of cut and fine-tune, each of the same factor of MACs", standard.Methods.Iterative.Passes, 1, 1000);
    private readonly ChoiceOption<Allocation> _allocation = CommonOptions.Allocation($"How many channels each group keeps under a one-shot method but {PruningMethodTable.GlobalL1}");
    private readonly Option<double?> _slimming = HookOptionSet.Slimming("Network slimming in the fine-tuning between rounds and passes, not in the last one");
    private readonly Option<int> _randomSamples = NumberOption.Integer("--random-samples", $"{Random}: plans to draw", standard.Methods.RandomSamples, 1);
    private readonly Option<int> _searchSamples = FitnessOptionSet.SearchSamples(standard.Fitness.SearchSamples);
    private readonly Option<int> _recalibrate = FitnessOptionSet.Recalibrate(standard.Fitness.RecalibrationBatches);
    private readonly Option<long?> _memory = new("--memory")
    {
        Description = "Memory that the program may take as it searches; it decides how many candidates are scored, and networks fine-tuned, at a time, and changes no score [default: half of what there is for the candidates, and the program on top]",
        HelpName = "4G",
        CustomParser = result => OptionParsing.Try<long?>(result, text => OptionParsing.Memory(text)),
    };

    private readonly ChoiceOption<AdaptiveBatchNorm> _adaptiveBatchNorm = FitnessOptionSet.AdaptiveBatchNorm(standard.Fitness.AdaptiveBatchNorm);
    private readonly Option<double> _race = new("--race")
    {
        Description = $"{string.Join(", ", Racing)}: measure candidates on as many images as it takes to tell who survives; the probability of taking the worse of two for the better at one look, above 0% and below 50%, or off for all images always",
        HelpName = "0.1%",
        DefaultValueFactory = _ => standard.Race?.ErrorProbability ?? 0,
        CustomParser = result => OptionParsing.Try(result, OptionParsing.ErrorProbability),
    };

    private readonly ChoiceOption<bool> _repair = new(
        "--repair",
        "Repair the weights that read what stays by least squares after each cut, without labels, in the scores and results of all methods",
        standard.Repair ? "on" : "off",
        [new("on", true), new("off", false)]);

    private readonly ChoiceOption<bool> _batchNorm = CommonOptions.InsertedBatchNorm();
    private readonly Option<int> _epochs = NumberOption.Integer("--epochs", "Epochs of fine-tuning of the networks found; 0 for none", standard.FineTune.Epochs, 0, 100_000);
    private readonly Option<double> _learningRate = NumberOption.Positive("--lr", "Base learning rate of the fine-tuning", standard.FineTune.LearningRate);
    private readonly Option<int> _batchSize = NumberOption.Integer("--batch-size", "Images per iteration of the fine-tuning", standard.FineTune.BatchSize, 1, 65_536);
    private readonly DistillationOptionSet _distillation = new("How the original network teaches during fine-tuning");
    private readonly Option<ulong> _seed = NumberOption.Seed();
    private readonly Option<int> _latencyThreads = NumberOption.Integer("--latency-threads", "Threads of ONNX Runtime when latency is measured", standard.LatencyThreads, 1);

    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace the result of an earlier run in the same folder; its scores, in study.db, stay and are not measured again" };

    private readonly ChoiceOption<Precision?> _precision = new(
        "--precision",
        "Arithmetic of scoring and fine-tuning: bf16 where the CPU has it, or as given; what is reported is always measured in fp32",
        "auto",
        [new("auto", null), new("fp32", Precision.Float32), new("bf16", Precision.BFloat16)]);

    /// <summary>All of them, in the order in which help lists them.</summary>
    public ReadOnlySpan<Symbol> All => (Symbol[])
    [
        _algorithm, _baselines, _faithful, _maxMacs, _scope, .. _constraints.All, _genome, _population, _generations, _patience, _maxEvaluations, _maxMinutes, _rounds, _passes, _allocation,
        _roundEpochs, _slimming, _maxKept, _sizeWeight, _randomSamples, _searchSamples, _recalibrate, _adaptiveBatchNorm, _race, _memory, _repair, _batchNorm,
        _epochs, _learningRate, _batchSize, .. _distillation.All, _precision, _latencyThreads, _seed, _overwrite,
    ];

    /// <summary>Reads what the user chose.</summary>
    public CompressionOptions Read(ParseResult line)
    {
        int epochs = line.GetValue(_epochs);
        ulong seed = line.GetValue(_seed);
        return new()
        {
            Algorithm = line.GetRequiredValue(_algorithm),
            Baselines = ParseList(line.GetRequiredValue(_baselines)),
            MaxMacs = line.GetValue(_maxMacs)?.Text,
            Faithful = line.GetValue(_faithful),
            Scope = _scope.Read(line),
            Constraints = _constraints.Read(line),
            Methods = ReadMethods(line, epochs),
            Limits = new() { Patience = line.GetValue(_patience), MaxEvaluations = line.GetValue(_maxEvaluations), MaxMinutes = line.GetValue(_maxMinutes) },
            Repair = _repair.Read(line) && !line.GetValue(_faithful),
            InsertBatchNorm = _batchNorm.Read(line),
            Fitness = ReadFitness(line) with { Seed = seed },
            MemoryBytes = line.GetValue(_memory),
            Race = line.GetValue(_race) is > 0 and var error && !line.GetValue(_faithful) ? new() { ErrorProbability = error } : null,
            FineTune = ReadTraining(line, epochs, seed),
            Distill = _distillation.Distills(line) && !line.GetValue(_faithful),
            Slimming = line.GetValue(_slimming),
            Seed = seed,
            Precision = _precision.Read(line),
            LatencyThreads = line.GetValue(_latencyThreads),
            Overwrite = line.GetValue(_overwrite),
        };
    }

    /// <summary>What the user gave in vain.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="chosen">What was read from it.</param>
    public IEnumerable<string> Warnings(ParseResult line, CompressionOptions chosen)
    {
        string[] methods = [chosen.Algorithm, .. chosen.MaxMacs is null || chosen.Faithful ? [] : chosen.Baselines];
        bool coevolves = methods.Contains(Ccep), isOneShot = methods.Any(PruningMethodOptions.TakesPasses), tunes = chosen.FineTune.Epochs > 0;
        bool hasRounds = (coevolves && (chosen.MaxMacs is null || chosen.Methods.Ccep.Rounds > 1)) || (isOneShot && chosen.Methods.Iterative.Passes > 1)
            || (methods.Contains(LayerwiseGaPruning.MethodName) && chosen.Methods.GaLayerwise.LayerEpochs > 0);
        const string noRounds = $"without {Ccep} and --rounds above 1, or a one-shot method and --passes above 1";
        IEnumerable<Option> ofPopulation = [_population, _generations], ofTuning = [_learningRate, _batchSize, _roundEpochs, _slimming], ofLimits = [_patience, _maxEvaluations, _maxMinutes];
        return OptionEffect.Warnings(
            line,
            [
                .. ofPopulation.Select(option => new OptionEffect(option, methods.Any(PruningMethodOptions.HasPopulation), "without a method that has a population")),
                new(_genome, !Known.Any(method => method.Name == chosen.Algorithm && method.Genomes.IsEmpty), $"with {chosen.Algorithm}, which evolves nothing"),
                .. ofLimits.Select(option => new OptionEffect(option, Limited.Any(methods.Contains), $"without {string.Join(", ", Limited[..^1])} or {Limited[^1]} among the methods")),
                new(_rounds, coevolves, $"without {Ccep} among the methods"),
                new(_passes, isOneShot, "without a one-shot method among the methods"),
                new(_allocation, methods.Any(PruningMethodOptions.TakesAllocation), $"without a one-shot method other than {PruningMethodTable.GlobalL1} among the methods"),
                new(_roundEpochs, hasRounds, noRounds),
                new(_slimming, hasRounds, noRounds),
                new(_slimming, line.GetValue(_roundEpochs) > 0, "with --round-epochs 0"),
                new(_randomSamples, methods.Contains(Random), $"without {Random} among the methods"),
                new(_repair, !chosen.Faithful, "with --faithful"),
                new(_race, !chosen.Faithful, "with --faithful"),
                new(_adaptiveBatchNorm, !chosen.Faithful, "with --faithful"),
                new(_race, methods.Any(Racing.Contains), $"without {string.Join(", ", Racing[..^1])} or {Racing[^1]} among the methods"),
                new(_maxKept, chosen.MaxMacs is null && chosen.Methods.Abc.Genome is not GenomeKind.Ranks && chosen.Algorithm == Abc, $"but for {Abc} over counts without --max-macs"),
                new(_sizeWeight, chosen is { Algorithm: Ga, MaxMacs: null }, $"but for {Ga} without --max-macs"),
                new(_baselines, chosen is { MaxMacs: not null, Faithful: false }, chosen.Faithful ? "with --faithful: they would be judged by another protocol" : "without --max-macs: baselines are compared at equal MACs"),
                .. ofTuning.Select(option => new OptionEffect(option, tunes, "with --epochs 0")),
                .. _distillation.Effects(line, tunes && !chosen.Faithful, chosen.Faithful ? "with --faithful, which distils as the authors did" : "with --epochs 0"),
            ]);
    }

    private static ImmutableArray<string> ParseList(string text) =>
        text == "none" ? [] : [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private PruningMethodOptions ReadMethods(ParseResult line, int epochs)
    {
        var methods = line.GetValue(_faithful) ? PruningMethodOptions.Published : standard.Methods;
        int roundEpochs = epochs == 0 ? 0 : line.GetValue(_roundEpochs);
        var sized = (methods with
        {
            RandomSamples = line.GetValue(_randomSamples),
            Allocation = _allocation.Read(line),
            Ccep = methods.Ccep with { Rounds = line.GetValue(_rounds), RoundEpochs = roundEpochs },
            Iterative = new() { Passes = line.GetValue(_passes), RoundEpochs = roundEpochs },
            Abc = methods.Abc with { MaxKeptRatio = line.GetValue(_maxKept) ?? methods.Abc.MaxKeptRatio },
            Ga = methods.Ga with { SizeWeight = line.GetValue(_sizeWeight) },
            GaLayerwise = methods.GaLayerwise with { Repair = methods.GaLayerwise.Repair && _repair.Read(line) },
        }).Sized(line.GetValue(_population), line.GetValue(_generations));
        if (_genome.Read(line) is not { } genome)
        {
            return sized;
        }

        string algorithm = line.GetRequiredValue(_algorithm);
        return line.GetValue(_faithful) && PruningMethodTable.Find(algorithm, sized).Genomes is [var own, ..] && own != genome
            ? throw new CoppiceException($"Cannot search over {GenomeChoice.Word(genome)} as published: the authors of '{algorithm}' evolve {GenomeChoice.Word(own)}; leave out --genome or --faithful.")
            : sized.WithGenome(algorithm, genome);
    }

    private FitnessOptions ReadFitness(ParseResult line)
    {
        bool IsChosen(Option option) => line.GetResult(option) is { Implicit: false };
        var chosen = new FitnessOptions { SearchSamples = line.GetValue(_searchSamples), RecalibrationBatches = line.GetValue(_recalibrate), AdaptiveBatchNorm = _adaptiveBatchNorm.Read(line) };
        return !line.GetValue(_faithful) ? chosen : chosen with
        {
            SearchSamples = IsChosen(_searchSamples) ? chosen.SearchSamples : FitnessOptions.Published.SearchSamples,
            RecalibrationBatches = IsChosen(_recalibrate) ? chosen.RecalibrationBatches : FitnessOptions.Published.RecalibrationBatches,
            TakesLess = !IsChosen(_searchSamples) && !IsChosen(_recalibrate),
        };
    }

    private TrainingOptions ReadTraining(ParseResult line, int epochs, ulong seed) => standard.FineTune with
    {
        Epochs = epochs,
        LearningRate = line.GetValue(_learningRate),
        BatchSize = line.GetValue(_batchSize),
        Distillation = _distillation.Read(line),
        Taps = _distillation.ReadTaps(line),
        Seed = seed,
    };
}
