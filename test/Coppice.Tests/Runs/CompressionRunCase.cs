using Coppice.Data;
using Coppice.Graph;
using Coppice.Runs;
using Coppice.Tensors;
using Coppice.Tests.Data;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;

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

    private protected async Task<RunReport> RunAsync(
        Network network,
        CompressionOptions options,
        TimeProvider? clock = null,
        IRunObserver? observer = null,
        int jobs = 1,
        DataSplits? splits = null,
        CancellationToken cancellation = default)
    {
        using var thread = new ModelThread(threads: 1, jobs: jobs);
        var input = new CompressionInput(network, DataSource.Parse("mnist:nowhere"), splits ?? ToyTask.Splits(), ToyTask.Normalization);
        return await new CompressionRun(input, options, new(Folder.Path), thread, Device.Cpu, observer ?? SilentObserver.Instance, clock ?? TimeProvider.System).ExecuteAsync(cancellation);
    }
}
