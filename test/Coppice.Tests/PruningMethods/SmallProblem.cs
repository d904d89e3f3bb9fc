using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Tensors;
using Coppice.Tests.Training;

namespace Coppice.Tests.PruningMethods;

/// <summary>A pruning problem that a search solves within a second: the toy network with its images, on a thread of its own.</summary>
internal sealed class SmallProblem : IDisposable
{
    public static readonly CcepOptions Ccep = new() { Rounds = 3, PopulationSize = 3, Generations = 2, MutationRate = 0.2 };

    /// <summary>Searches so short that they end where chance has led them: one that has time finds the optimum of so small a problem from every seed.</summary>
    public static readonly PruningMethodOptions Options = new()
    {
        Ccep = Ccep,
        Ga = new() { PopulationSize = 6, Generations = 3 },
        GaLayerwise = new() { PopulationSize = 8, Generations = 5 },
        Abc = new() { SourceCount = 2, Cycles = 1, WarmStart = false },
        Nsga2 = new() { PopulationSize = 4, Generations = 1 },
        Legr = new() { PopulationSize = 4, Generations = 2, BatchSize = 2, TournamentSize = 2 },
        EagleEyeSamples = 6,
        RandomSamples = 4,
    };

    private readonly ModelThread _thread;
    private readonly FitnessImages _images;

    public SmallProblem(int imageChannels = 1, int samples = 60, int jobs = 1, int threads = 1)
    {
        _thread = new(threads, jobs: jobs);
        var options = new FitnessOptions { SearchSamples = samples, RecalibrationBatches = 2, RecalibrationBatchSize = 32 };
        _images = _thread.RunAsync(() => FitnessImages.Load(ToyTask.Splits(imageChannels), Normalization(imageChannels), options, Device.Cpu)).GetAwaiter().GetResult();
    }

    public PruningProblem Problem => new()
    {
        Network = ToyTask.Network(),
        Target = MacTarget.Parse("50%"),
        Images = _images,
        Thread = _thread,
    };

    /// <summary>The problem for a method: one that ranks by batch normalisation needs one behind each layer.</summary>
    public PruningProblem For(string method) => method == "bn-scale" ? Problem with { Network = ToyTask.Network(normalised: true) } : Problem;

    /// <summary>Three convolutions with batch normalisation and a classifier behind 3 × 3 pixels.</summary>
    public static Network Vgg() => new NetworkBuilder("vgg", new(1, 9, 9), InitializationScheme.ResNet)
        .Convolution("conv1", filters: 8, kernel: 3, pad: 1).BatchNorm("bn1").Relu("relu1")
        .Convolution("conv2", filters: 12, kernel: 3, pad: 1).BatchNorm("bn2").Relu("relu2").MaxPool("pool", kernel: 3, stride: 3)
        .Convolution("conv3", filters: 16, kernel: 3, pad: 1).BatchNorm("bn3").Relu("relu3")
        .Flatten("flatten").Linear("logits", ToyTask.Classes).Build();

    /// <summary>Runs a method; the last candidate is its answer.</summary>
    public static async Task<ImmutableArray<PrunedCandidate>> RunAsync(IPruningMethod method, PruningProblem problem) => await method.RunAsync(problem, CancellationToken.None);

    /// <summary>Asserts that widths are allowed, and that no single step of a group, mostly a channel, can be kept in addition without passing the budget.</summary>
    public static void AssertTight(PruningSpace space, ImmutableArray<int> widths, long macs)
    {
        Assert.InRange(space.CostOf(widths).Macs, 0, macs);
        for (int i = 0; i < widths.Length; i++)
        {
            Assert.True(space.Widths[i].Contains(widths[i]), $"Group '{space.Groups[i].Name}' keeps {widths[i]}, but may keep {space.Widths[i]}.");
            Assert.True(
                widths[i] == space.Groups[i].Size || space.CostOf(widths.SetItem(i, space.Widths[i].Above(widths[i]))).Macs > macs,
                $"Group '{space.Groups[i].Name}' could keep a step more than [{string.Join(", ", widths)}] within {macs} MACs.");
        }
    }

    /// <summary>Widths of a plan by the groups of a space.</summary>
    public static ImmutableArray<int> Widths(PruningSpace space, PruningPlan plan)
    {
        var all = plan.Widths(space.Units);
        return [.. space.Groups.Select(group => all[group.Index])];
    }

    /// <summary>Names, operators and parameter shapes.</summary>
    public static IEnumerable<string> Structure(Network network) =>
        network.Nodes.Select(node => $"{node} {string.Join(' ', node.Inputs.Select(input => network.Parameters.TryGetValue(input, out var value) ? $"{input}{value.Shape}" : input))}");

    public static Cost CostOf(Network network) => CostModel.Create(ChannelUnits.Analyze(network)).Full;

    public void Dispose()
    {
        _images.Dispose();
        _thread.Dispose();
    }

    private static Coppice.Data.Normalization Normalization(int channels) =>
        new([.. Enumerable.Repeat(0.5f, channels)], [.. Enumerable.Repeat(0.5f, channels)]);
}
