using Coppice.Data;
using Coppice.Graph;
using Coppice.Pruning;
using Coppice.Runs;
using Coppice.Tensors;
using Coppice.Tests.Data;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;
using Coppice.Training;

namespace Coppice.Tests.Runs;

/// <summary>A run in process on the toy task, in a folder of its own.</summary>
public abstract class CompressionRunCase() : LeakCheck(scoped: false), IAsyncLifetime
{
    private protected TemporaryFolder Folder { get; } = new();

    protected static CompressionOptions Options => new()
    {
        MaxMacs = "50%",
        Methods = new() { RandomSamples = 2, Ccep = new() { Rounds = 1, PopulationSize = 2, Generations = 1 } },
        Fitness = new() { SearchSamples = 60, RecalibrationBatches = 2, RecalibrationBatchSize = 32 },
        FineTune = new() { Epochs = 1, BatchSize = 30, LearningRate = 0.01 },
        LatencyRepetitions = 3,
    };

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        Folder.Dispose();
        return Task.CompletedTask;
    }

    protected async Task<RunReport> RunAsync(Network network, CompressionOptions options, TimeProvider? clock = null)
    {
        using var thread = new ModelThread(threads: 1);
        var input = new CompressionInput(network, DataSource.Parse("mnist:nowhere"), ToyTask.Splits(), ToyTask.Normalization);
        return await new CompressionRun(input, options, new(Folder.Path), thread, Device.Cpu, new Silence(), clock ?? TimeProvider.System).ExecuteAsync(CancellationToken.None);
    }

    private sealed class Silence : IRunObserver
    {
        public void Phase(string text)
        {
        }

        public IProgress<TrainingProgress> Training(string title) => new Progress<TrainingProgress>();

        public IProgress<PruningProgress> Search(string title) => new Progress<PruningProgress>();
    }
}
