using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Pruning.Reconstruction;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Runs;

/// <summary>What a compression starts from.</summary>
/// <param name="Network">The trained network, one input [N, C, H, W], one output [N, classes].</param>
/// <param name="Source">Where the data come from.</param>
/// <param name="Splits">The images; the network takes them and tells their classes apart.</param>
/// <param name="Normalization">How pixels become inputs; the network's own where its file states it.</param>
public sealed record CompressionInput(Network Network, DataSource Source, DataSplits Splits, Normalization Normalization)
{
    /// <summary>Shape of the network's input for one image: the file may leave its size open, the images do not.</summary>
    public IReadOnlyDictionary<string, TensorShape> InputShapes
    {
        get
        {
            var image = Splits.Train.Dataset.Shape;
            return new Dictionary<string, TensorShape> { [Network.Inputs[0].Name] = new(1, image.Channels, image.Height, image.Width) };
        }
    }
}

/// <summary>
/// The whole story of a compression: search (baselines beside it) → fine-tuning, equal for all → export → verification → latency → report.
/// The test split is opened once, after everything is decided.
/// </summary>
public sealed class CompressionRun
{
    /// <summary>Networks that the name of a phase lists; a front has dozens.</summary>
    private const int MostNamed = 6;

    private readonly CompressionInput _input;
    private readonly OutputSoftmax _softmax;
    private readonly CompressionOptions _options;
    private readonly RunDirectory _directory;
    private readonly IRunObserver _observer;
    private readonly ModelThread _thread;
    private readonly Device _device;
    private readonly TimeProvider _clock;
    private readonly PhaseClock _phases;
    private readonly DataSplits _splits;
    private RunData _data;
    private Network _network;
    private readonly ImmutableArray<IPruningMethod> _methods;
    private readonly PublishedProtocol? _published;
    private readonly CandidateTuner _tuner;
    private readonly Assessment _assessment;
    private ImmutableArray<PrunedCandidate> _found = [];
    private readonly Dictionary<PrunedCandidate, PrunedCandidate> _tuned = new(ReferenceEqualityComparer.Instance); // by what was found

    /// <summary>Prepares a run: checks settings, data and folder before any work is done.</summary>
    /// <param name="input">What to compress, and on which data.</param>
    /// <param name="options">How.</param>
    /// <param name="directory">Where the results go.</param>
    /// <param name="thread">The thread that runs networks.</param>
    /// <param name="device">Where networks run.</param>
    /// <param name="observer">Is told how it goes.</param>
    /// <param name="clock">Times the parts of the run.</param>
    /// <exception cref="CoppiceException">Something cannot be used as given.</exception>
    public CompressionRun(
        CompressionInput input, CompressionOptions options, RunDirectory directory, ModelThread thread, Device device, IRunObserver observer, TimeProvider clock)
    {
        (_input, _options, _directory, _thread, _device, _observer, _clock) = (input, options, directory, thread, device, observer, clock);
        _softmax = OutputSoftmax.TakeOff(input.Network);
        _network = _softmax.Logits;
        _splits = input.Splits;
        _phases = new(clock, observer);
        _methods = Methods(options);
        _published = options.Faithful ? PublishedOf(_methods[^1], options) : null;
        _tuner = new(input, _softmax.Logits, options, _published, thread, device, clock);
        _assessment = new(input, _softmax, options, directory, device, thread, clock);
        FitnessImages.Fit(_splits, options.Fitness, Scored.Count);
        OnePassImages();
        MemoryLimit.Open(options.MemoryBytes).Dispose(); // what is too little even before images are loaded
        _data = new(
            input.Source.ToString(),
            _splits.Train.Dataset.ContentHash,
            _splits.Train.Count,
            _splits.Search.Count,
            _splits.Test.Count,
            _splits.Seed,
            SearchExposure.Of(ModelMetadata.Read(input.Network), input.Source, _splits),
            []);
        var space = PruningSpace.Create(ChannelUnits.Analyze(_softmax.Logits, input.InputShapes), options.Scope, options.Constraints);
        if (options.MaxMacs is { } target)
        {
            space.Resolve(MacTarget.Parse(target));
            _data = _data with { UnrepairedLayers = options.Repair && !options.Faithful ? [.. NetworkRepair.TooWide(space)] : [] };
        }

        StudyStore.Check(directory.File(StudyStore.FileName));
        directory.Prepare(options.Overwrite);
    }

    /// <summary>Runs everything and writes the run folder.</summary>
    /// <exception cref="CoppiceException">A step could not be done; the networks found until then are written where that can be done.</exception>
    /// <exception cref="RunStoppedException">It was stopped; the networks found until then are written.</exception>
    public async Task<RunReport> ExecuteAsync(CancellationToken cancellation)
    {
        _directory.WriteJson("study.json", new { options = _options, data = _data, model = _input.Network.Name });
        try
        {
            await SearchAsync(cancellation);
            await FineTuneAsync(cancellation);
            ImmutableArray<PrunedCandidate> tuned = [.. _found.Select(candidate => _tuned[candidate])];
            var report = await _assessment.ReportAsync(tuned, _data with { Leaks = Leaks(tuned.Any(candidate => candidate.TunedEpochs > 0)) }, _phases, cancellation);
            _directory.WriteJson("study.json", report);
            return report;
        }
        catch (OperationCanceledException stop) when (cancellation.IsCancellationRequested)
        {
            throw new RunStoppedException(await KeepAsync(fault: null), stop);
        }
        catch (VerificationFailedException fault)
        {
            WriteEnd(new([], []), fault); // the networks are there for whoever looks into it, but none is to be relied on
            throw;
        }
        catch (Exception fault) when (!_found.IsEmpty)
        {
            _observer.Kept(await KeepAsync(fault));
            throw;
        }
    }

    /// <summary>
    /// Writes what has been found, each network on its own: one that cannot be is no reason to lose the others. No epoch is added; where none has been, statistics are estimated anew, as those of the
    /// network before the cut are no use to anyone.
    /// </summary>
    /// <param name="fault">The failure that has ended the run, which is the one to be told whatever fails here (a full disk does so twice); null where the run was stopped.</param>
    private async Task<RunRemains> KeepAsync(Exception? fault)
    {
        _phases.Begin("keeping what was found so far");
        var remains = new RunRemains([], []);
        foreach (var candidate in _found)
        {
            try
            {
                remains = remains with { Kept = remains.Kept.Add(_assessment.Keep(await FinishedAsync(candidate))) };
            }
            catch (Exception second)
            {
                remains = remains with { NotKept = remains.NotKept.Add($"{candidate.Name}: {second.Message}") };
            }
        }

        WriteEnd(remains, fault);
        return remains;
    }

    /// <summary>Notes how a run ended that did not come to its report. Where a failure ended it, that is told, whether this can be written or not.</summary>
    private void WriteEnd(RunRemains remains, Exception? fault)
    {
        var data = _data with { Leaks = Leaks(_found.Any(candidate => _tuned.GetValueOrDefault(candidate, candidate).TunedEpochs > 0)), TestOpenings = _splits.Test.Openings };
        try
        {
            _directory.WriteJson("study.json", new { options = _options, data, model = _input.Network.Name, interrupted = remains.Kept, notKept = remains.NotKept, fault = fault?.Message, seconds = _phases.End() });
        }
        catch (CoppiceException) when (fault is not null)
        {
            // the networks are there, and will be named
        }
    }

    /// <summary>A candidate as it has been tuned, or else with statistics of its own.</summary>
    private async Task<PrunedCandidate> FinishedAsync(PrunedCandidate candidate) => _tuned.GetValueOrDefault(candidate)
        ?? Finished(candidate, await _tuner.TuneAsync(candidate, epochs: 0, [], _observer.Training(candidate.Name), CancellationToken.None));

    private ImmutableArray<string> Leaks(bool isTuned) => _published?.Leaks(isTuned, _tuner.HasChosenEpochs) ?? [];

    private async Task SearchAsync(CancellationToken cancellation)
    {
        _phases.Begin("loading images");
        using var memo = StudyStore.Open(_directory.File(StudyStore.FileName));
        using var images = await _thread.RunAsync(
            () => FitnessImages.Load(_splits, Scored.Open(), _input.Normalization, _options.Fitness with { Seed = _options.Seed }, _device), cancellation);
        try
        {
            await InsertBatchNormAsync(images, cancellation);
            using var memory = MemoryLimit.Open(_options.MemoryBytes); // once: what a method has given back, the allocator may keep
            _data = _data with { OnePassImages = OnePassImages() };
            foreach (var method in _methods)
            {
                _phases.Begin($"search: {method.Name}");
                await SearchAsync(method, Problem(images, method.Name) with { Memo = memo, MemoryBytes = memory.ForCandidates }, cancellation);
            }
        }
        finally
        {
            _data = _data with { RecalledScores = memo.Recalled, StudyFault = memo.Fault };
            await _thread.RunAsync(images.Dispose, CancellationToken.None);
        }
    }

    /// <summary>Search images that candidates' statistics come from; of the network as it is, so to be asked again when it has got batch normalisations.</summary>
    private int OnePassImages() => _published is null ? OnePassRule.ImagesFor(_options.Fitness, _network, _input.InputShapes) : 0;

    private async Task InsertBatchNormAsync(FitnessImages images, CancellationToken cancellation)
    {
        if (_options.InsertBatchNorm && _published is null && BatchNormInsertion.IsCalledFor(_network))
        {
            _network = await _thread.RunAsync(() => BatchNormInsertion.Apply(_network, images.Recalibration, _device, cancellation), cancellation);
            _data = _data with { InsertsBatchNorm = true };
        }
    }

    /// <summary>The network as it is written: with the layers of the original.</summary>
    private PrunedCandidate Finished(PrunedCandidate candidate, Network network)
    {
        if (!_data.InsertsBatchNorm)
        {
            return candidate with { Network = network };
        }

        network = BatchNormInsertion.Remove(network);
        return candidate with { Network = network, Cost = CostModel.Create(ChannelUnits.Analyze(network, _input.InputShapes)).Full };
    }

    private async Task SearchAsync(IPruningMethod method, PruningProblem problem, CancellationToken cancellation)
    {
        try
        {
            foreach (var candidate in Counted(await method.RunAsync(problem, cancellation), method.Name))
            {
                _found = _found.Add(await problem.CompleteAsync(candidate, cancellation));
            }
        }
        catch (SearchStoppedException stop)
        {
            _found = _found.AddRange(Counted(stop.Found, method.Name));
            throw;
        }
        catch (SearchFailedException failure)
        {
            _found = _found.AddRange(Counted(failure.Found, method.Name));
            ExceptionDispatchInfo.Throw(failure.InnerException!); // itself, with its stack: it was wrapped to bring the rounds here
        }
    }

    /// <summary>Of a method with a target only its answer counts; without one the whole family.</summary>
    private ImmutableArray<PrunedCandidate> Counted(ImmutableArray<PrunedCandidate> family, string method) => _options.MaxMacs is null ? family : [family[^1] with { Name = method }];

    /// <summary>How the search is run and tuned where the authors' way is asked for.</summary>
    private static PublishedProtocol PublishedOf(IPruningMethod method, CompressionOptions options)
    {
        var published = method.Published ?? throw new CoppiceException(
            $"Cannot run '{method.Name}' as published: no protocol of its own is known for it; leave out --faithful, or choose one of {string.Join(", ", PruningMethodTable.All(options.Methods).Where(other => other.Published is not null).Select(other => other.Name))}.");
        return options.MaxMacs is null || published.TakesTarget ? published
            : throw new CoppiceException($"Cannot give '{method.Name}' a MAC target as published: there {published.SizeRule}; leave out --max-macs or --faithful.");
    }

    /// <summary>The images that candidates are scored on: how many there are, known without opening the test split, and the images themselves.</summary>
    private (int Count, Func<DataSubset> Open) Scored => _published?.Scoring.Images switch
    {
        ScoredOn.TestImages => (_splits.Test.Count, () => _splits.Test.Open("comparison of candidates, as published", _clock)),
        ScoredOn.TrainingImages => (_splits.TrainAndSearch.Count, () => _splits.TrainAndSearch),
        _ => (_splits.Search.Count, () => _splits.Search),
    };

    /// <summary>The baselines and, last, the algorithm. Baselines are compared at equal MACs, so without a target there are none.</summary>
    private static ImmutableArray<IPruningMethod> Methods(CompressionOptions options)
    {
        string[] names = [.. options.Baselines.Where(name => name != options.Algorithm && !options.Faithful).Distinct(), options.Algorithm];
        ImmutableArray<IPruningMethod> methods = [.. names.Select(name => PruningMethodTable.Find(name, options.Methods))];
        foreach (var method in methods)
        {
            method.CheckSettings();
        }

        if (options.MaxMacs is not null && methods.FirstOrDefault(method => !method.TakesTarget) is { } fixedSize)
        {
            throw new CoppiceException($"Cannot compare '{fixedSize.Name}' at a MAC target: it removes {fixedSize.Description}, no more and no fewer; leave it out.");
        }

        return options.MaxMacs is not null ? methods
            : methods[^1].NeedsTarget && !(options.Faithful && methods[^1].Published is { TakesTarget: false }) ? throw new CoppiceException($"Cannot search by '{options.Algorithm}' without a target: give --max-macs, as in --max-macs 50%.")
            : [methods[^1]];
    }

    private PruningProblem Problem(FitnessImages images, string method) => new()
    {
        Network = _network,
        InputShapes = _input.InputShapes,
        Target = _options.MaxMacs is { } target ? MacTarget.Parse(target) : null,
        Scope = _options.Scope,
        Constraints = _options.Constraints,
        Images = images,
        Race = _published is null && PruningMethodTable.Find(method, _options.Methods).Races ? _options.Race : null,
        Scoring = _published?.Scoring ?? ScoringProtocol.Standard with { OnePassImages = _data.OnePassImages },
        Repairs = _options.Repair && _published is null,
        TrainCandidate = _tuner.TrainForScore,
        TrainImages = _tuner.ImageCount,
        Precision = Trainer.PrecisionOf(_options.Precision, _device),
        Device = _device,
        Thread = _thread,
        Seed = _options.Seed,
        Limits = _options.Limits,
        Clock = _clock,
        FineTuneRound = _options.FineTune.Epochs == 0 ? null : (candidate, epochs, cancellation) =>
            _tuner.TuneAsync(candidate, epochs, _tuner.RoundHooks, _observer.Training($"{method}, between rounds"), cancellation),
        Progress = _observer.Search(method),
    };

    /// <summary>Every network gets the same number of epochs in all: those that a method spent between its rounds are given to the others at the end.</summary>
    private async Task FineTuneAsync(CancellationToken cancellation)
    {
        int total = _options.FineTune.Epochs == 0 ? 0 : _options.FineTune.Epochs + _found.Max(candidate => candidate.TunedEpochs);
        int Epochs(PrunedCandidate candidate) => Math.Max(0, total - candidate.TunedEpochs);
        _phases.Begin($"fine-tuning: {(_found.Length > MostNamed ? $"{_found.Length} networks" : string.Join(", ", _found.Select(candidate => candidate.Name)))}");
        await _tuner.TuneAllAsync(
            [.. _found.Select(candidate => (candidate, Epochs(candidate)))],
            candidate => _observer.Training(candidate.Name),
            (candidate, network) => _tuned[candidate] = Finished(candidate, network) with { TunedEpochs = candidate.TunedEpochs + Epochs(candidate) },
            cancellation);
    }
}
