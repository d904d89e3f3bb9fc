using Coppice.Criteria;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Pruning.Hooks;
using Coppice.Pruning.Methods;
using Coppice.Tests.Data;
using Coppice.Tests.Execution;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;
using Coppice.Training;

namespace Coppice.Tests.PruningHooks;

/// <summary>The toy network has two inner groups: conv2 with 8 filters, of which 40 % are 3, and hidden with 10, of which they are 4.</summary>
public sealed class SoftFilterPruningTests : LeakCheck
{
    private static readonly TrainingOptions Options = new() { Epochs = 3, BatchSize = 12, LearningRate = 0.05, Precision = Precision.Float32, Seed = 3 };
    private static readonly SoftFilterPruning Soft = new(new L1Norm(), 0.4);
    private static readonly SoftFilterPruning Hard = Soft with { MasksGradient = true };
    private static readonly ChannelUnits Units = ChannelUnits.Analyze(ToyTask.Network());
    private static readonly Dictionary<string, TensorShape> InputShapes = new() { [ToyTask.Network().Inputs[0].Name] = new(1, 1, 9, 9) };

    /// <summary>⌊C · p⌋; 10 · 0.1 and 100 · (1 − 0.8) are 1 and 20, whatever their floating-point products are; one filter stays.</summary>
    [Theory]
    [InlineData(16, 0.4, 6)]
    [InlineData(10, 1 - 0.9, 1)]
    [InlineData(100, 1 - 0.8, 20)]
    [InlineData(3, 0.3, 0)]
    [InlineData(2, 0.99, 1)]
    [InlineData(1, 0.9, 0)]
    public void Number_of_zeroed_filters_is_the_floor(int channels, double share, int expected) => Assert.Equal(expected, SoftFilterPruning.CountOf(channels, share));

    [Fact]
    public void Asymptotic_rate_rises_steeply_at_first()
    {
        var asymptotic = Soft with { IsAsymptotic = true };

        Assert.Equal(0, asymptotic.RateAt(0));
        Assert.Equal(0.75 * 0.4, asymptotic.RateAt(1 / 8.0), 1e-4);
        Assert.Equal(0.4, asymptotic.RateAt(1), 1e-12);
        Assert.Equal(0.4, Soft.RateAt(0));
    }

    /// <summary>After one epoch the weights are those of a training without the hook, but for the filters of least norm and what goes with them.</summary>
    [Fact]
    public void After_the_last_epoch_the_filters_of_lowest_score_are_zero_with_all_that_goes_with_them_and_the_rest_is_untouched()
    {
        var plain = Train(Options with { Epochs = 1 });

        var pruned = Train(Options with { Epochs = 1 }, Soft);

        // By value: what was negative is −0 now.
        Assert.All(Without(plain, Lowest(plain)).Parameters, entry => Assert.Equal(entry.Value.Floats().ToArray(), pruned.Parameters[entry.Key].Floats().ToArray()));
        Assert.Equal((3, 4), (Zeroed(pruned, "conv2.weight").Length, Zeroed(pruned, "hidden.weight").Length));
        Assert.Equal(Zeroed(pruned, "conv2.weight"), Zeroed(pruned, "bn2.weight"));
        Assert.Equal(Zeroed(pruned, "hidden.weight"), Zeroed(pruned, "hidden.bias"));
    }

    [Fact]
    public void Zeroed_filters_grow_again()
    {
        var (zeroed, grown) = RecordBeforeAndAfterChoices(Options);

        Assert.All(zeroed, network => Assert.Equal(3, Zeroed(network, "conv2.weight").Length));
        Assert.All(grown, network => Assert.Empty(Zeroed(network, "conv2.weight")));
    }

    /// <summary>
    /// Without momentum only a gradient can move a filter, and one reaches it where its channel, which now writes the constant β, passes the ReLU. That β is left alone until the
    /// end is what lets filters grow: with β = 0 none would.
    /// </summary>
    [Fact]
    public void Filters_that_still_write_a_positive_constant_grow_by_their_gradient_alone()
    {
        var (zeroed, grown) = RecordBeforeAndAfterChoices(Options with { Momentum = 0, Nesterov = false });

        float[] beta = zeroed[0].Parameters["bn2.bias"].Floats().ToArray();
        int[] chosen = Zeroed(zeroed[0], "conv2.weight"), still = Zeroed(grown[1], "conv2.weight");
        Assert.Empty(Zeroed(zeroed[0], "bn2.weight"));
        Assert.Equal(chosen.Where(filter => beta[filter] <= 0), still);
        Assert.NotEqual(chosen, still);
    }

    /// <summary>The same training twice: networks after each epoch's choice, and before it.</summary>
    private static (List<Network> After, List<Network> Before) RecordBeforeAndAfterChoices(TrainingOptions options)
    {
        var (after, before) = (new Recorder(), new Recorder());
        Train(options, Soft, after);
        Train(options, before, Soft);
        return (after.Epochs, before.Epochs);
    }

    /// <summary>Behind a ReLU a channel of zeros is dead, mask or no mask; behind tanh, whose slope at 0 is 1, only the mask keeps its β at zero.</summary>
    [Theory]
    [InlineData("Relu")]
    [InlineData("Tanh")]
    public void With_a_gradient_mask_the_filters_chosen_before_the_first_epoch_stay_zero(string activation)
    {
        var recorder = new Recorder();
        var start = Start(activation);
        var plan = Lowest(start);

        var pruned = new Trainer(Options, Data(recorder, Hard)).Train(start, progress: null, CancellationToken.None);

        Assert.All([.. recorder.Epochs, pruned], network =>
        {
            Assert.Equal(Gone(plan, "conv2"), Zeroed(network, "conv2.weight"));
            Assert.Equal(Gone(plan, "conv2"), Zeroed(network, "bn2.bias"));
            Assert.Equal(Gone(plan, "hidden"), Zeroed(network, "hidden.weight"));
        });
        Assert.NotEqual(start.Parameters["conv3.weight"].Floats().ToArray(), pruned.Parameters["conv3.weight"].Floats().ToArray());
    }

    [Fact]
    public void Choices_are_an_interval_apart_and_the_last_epoch_always_ends_with_one()
    {
        var recorder = new Recorder();

        Train(Options, Soft with { Interval = 2 }, recorder);

        Assert.Equal([0, 3, 3], recorder.Epochs.Select(network => Zeroed(network, "conv2.weight").Length));
    }

    /// <summary>A rate that rises, so that what was chosen matters, and tanh, which lets gradients through at zero; interrupted in the second of three epochs.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Interrupted_and_resumed_training_gives_the_bits_of_an_unbroken_one(bool masks)
    {
        using var folder = new TemporaryFolder();
        var data = Data(Soft with { MasksGradient = masks, IsAsymptotic = true });
        var checkpointed = data with { CheckpointPath = folder.File("checkpoint") };
        using var cancellation = new CancellationTokenSource();
        int iterations = 0;
        var progress = new ActionProgress<TrainingProgress>(_ =>
        {
            if (++iterations == 7)
            {
                cancellation.Cancel();
            }
        });
        var start = Start("Tanh");

        Assert.ThrowsAny<OperationCanceledException>(() => new Trainer(Options, checkpointed).Train(start, progress, cancellation.Token));
        var resumed = new Trainer(Options, checkpointed).Train(start, progress: null, CancellationToken.None);

        NetworkAssert.Equal(new Trainer(Options, data).Train(start, progress: null, CancellationToken.None), resumed);
    }

    [Theory]
    [InlineData(GroupScope.Inner, false)]
    [InlineData(GroupScope.All, false)]
    [InlineData(GroupScope.All, true)]
    public async Task Pruning_what_is_zero_removes_exactly_that_and_changes_no_output(GroupScope scope, bool masks)
    {
        var trained = Train(Options, Soft with { Scope = scope, MasksGradient = masks });

        var pruned = (await new ZeroedPruning().RunAsync(new() { Network = trained, Scope = GroupScope.All }, CancellationToken.None)).Single();

        Assert.Equal([scope == GroupScope.All ? 4 : 6, 5, 6, 3], pruned.Plan.Widths(Units).AsEnumerable());
        Assert.Equal(CostModel.Create(ChannelUnits.Analyze(pruned.Network)).Full, pruned.Cost);
        var images = Executing.Images(trained, count: 5);
        Executing.AssertClose(Executing.Run(trained, images), Executing.Run(pruned.Network, images), 1e-5);
    }

    [Fact]
    public async Task Pruning_what_is_zero_refuses_a_target_and_a_network_without_zeros()
    {
        var problem = new PruningProblem { Network = ToyTask.Network() };

        var target = await Assert.ThrowsAsync<CoppiceException>(() => new ZeroedPruning().RunAsync(problem with { Target = MacTarget.Parse("50%") }, CancellationToken.None));
        var nothing = await Assert.ThrowsAsync<CoppiceException>(() => new ZeroedPruning().RunAsync(problem, CancellationToken.None));

        Assert.Equal("Cannot prune by 'zeroed' to a target: it removes the channels that are zero, no more and no fewer; leave out --max-macs.", target.Message);
        Assert.Equal("Cannot prune by 'zeroed': no channel of the 2 groups of 'toy' is zero; train it with --soft-prune first, or choose another --method.", nothing.Message);
    }

    /// <summary>No batch normalisation follows 'hidden', so it stays as a training without the hook leaves it; of conv2 the three filters of least |γ| are zero.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Group_that_the_criterion_cannot_score_stays_whole_and_is_told(bool masks)
    {
        var hook = new SoftFilterPruning(new BatchNormScale(), 0.4) { MasksGradient = masks };

        var pruned = Train(Options, hook);

        Assert.Equal("'bn-scale' leaves 1 of 2 channel groups whole: no batch normalisation follows Gemm 'hidden'.", hook.Note(ToyTask.Network(), InputShapes));
        Assert.Equal((3, 0), (Zeroed(pruned, "conv2.weight").Length, Zeroed(pruned, "hidden.weight").Length));
    }

    [Fact]
    public void Criterion_that_can_score_all_groups_leaves_nothing_to_tell() => Assert.Null(Soft.Note(ToyTask.Network(), InputShapes));

    [Fact]
    public void Criterion_that_can_score_no_group_is_refused()
    {
        var hook = new SoftFilterPruning(new BatchNormScale(), 0.4);
        var bare = ModelCatalog.Build("lenet5", new());

        var fault = Assert.Throws<CoppiceException>(() => hook.Note(bare, new Dictionary<string, TensorShape>()));

        Assert.StartsWith("Cannot score 'lenet5' by bn-scale: it says nothing of any of the 4 channel groups;", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rate_out_of_range_is_refused() => Assert.Equal(
        "Cannot prune softly: the rate must lie in (0, 1) and the interval be at least 1, not 1 and 1.",
        Assert.Throws<CoppiceException>(() => Train(Options, Soft with { Rate = 1 })).Message);

    /// <summary>The plan that a one-shot pruning by the same criterion would make.</summary>
    private static PruningPlan Lowest(Network network)
    {
        var space = PruningSpace.Create(Units, GroupScope.Inner);
        return space.ToPlan(space.Best([.. space.Groups.Select(group => new L1Norm().Score(new(ChannelUnits.Analyze(network)), group))], [5, 6]));
    }

    private static int[] Gone(PruningPlan plan, string group) => plan.Groups.Where(entry => entry.Group == group).SelectMany(entry => Enumerable.Range(0, entry.Channels).Except(entry.Kept)).ToArray();

    /// <summary>The network with the filters, biases, γ and β of channels zeroed that a plan does not keep.</summary>
    private static Network Without(Network network, PruningPlan plan)
    {
        var (conv, hidden) = (Gone(plan, "conv2"), Gone(plan, "hidden"));
        return network.WithParameters(new (string Name, int[] Rows)[] { ("conv2.weight", conv), ("bn2.weight", conv), ("bn2.bias", conv), ("hidden.weight", hidden), ("hidden.bias", hidden) }
            .ToDictionary(entry => entry.Name, entry => Zero(network.Parameters[entry.Name], entry.Rows)));
    }

    private static HostTensor Zero(HostTensor tensor, int[] rows)
    {
        int length = (int)(tensor.Shape.Length / tensor.Shape[0]);
        return HostTensor.FromFloats(tensor.Shape, [.. tensor.Floats().ToArray().Select((value, i) => rows.Contains(i / length) ? 0 : value)]);
    }

    /// <summary>Rows of a parameter that are zero throughout.</summary>
    private static int[] Zeroed(Network network, string parameter)
    {
        var tensor = network.Parameters[parameter];
        return [.. tensor.Floats().ToArray().Chunk((int)(tensor.Shape.Length / tensor.Shape[0])).Index().Where(row => row.Item.All(value => value == 0)).Select(row => row.Index)];
    }

    private static Network Train(TrainingOptions options, params ITrainingHook[] hooks) =>
        new Trainer(options, Data(hooks)).Train(ToyTask.Network(), progress: null, CancellationToken.None);

    private static TrainingData Data(params ITrainingHook[] hooks) => new(ToyTask.Training(), ToyTask.Normalization) { Hooks = [.. hooks] };

    /// <summary>The toy network with another activation.</summary>
    private static Network Start(string activation)
    {
        var network = ToyTask.Network();
        return network.With([.. network.Nodes.Select(node => node.OperatorType == "Relu" ? node with { OperatorType = activation } : node)], network.Parameters);
    }
}
