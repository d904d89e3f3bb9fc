using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Pruning.Encodings;
using Coppice.Pruning.Methods;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;

namespace Coppice.Tests.PruningMethods;

/// <summary>Every method of the table, on every genome that it takes, under the constraints of a user; a method that is added is tried too.</summary>
public sealed class ConstrainedMethodsTests() : LeakCheck(scoped: false)
{
    private const string Own = "own";

    /// <summary>Under which the groups of <see cref="Wide"/>, 16, 20, 24 and 10 channels, may keep what is said.</summary>
    private static readonly Dictionary<string, (PruningConstraints Constraints, string[] Widths)> Table = new()
    {
        ["steps"] = (new() { ChannelMultiple = 8 }, ["conv1 8 or 16", "conv2 8 to 16 by 8, or 20", "conv3 8 to 24 by 8", "hidden 8 or 10"]),
        ["frozen"] = (new() { Freeze = ["bn1"], MinChannels = 3, ChannelMultiple = 4 }, ["conv2 4 to 20 by 4", "conv3 4 to 24 by 4", "hidden 4 to 8 by 4, or 10"]),
        ["bounded"] = (new() { Only = ["conv[23]"], MaxGroupRatio = 0.6, ChannelMultiple = 2 }, ["conv2 8 to 20 by 2", "conv3 10 to 24 by 2"]),
    };

    private static readonly PruningMethodOptions Options = SmallProblem.Options with { Ccep = SmallProblem.Ccep with { RoundEpochs = 0 } };

    /// <summary>Methods and genomes that take a target.</summary>
    public static TheoryData<string, string> Pairs => Of(method => method.TakesTarget);

    /// <summary>Methods and genomes that do without.</summary>
    public static TheoryData<string, string> Free => Of(method => method is { TakesTarget: true, NeedsTarget: false });

    [Fact]
    public void Constraints_leave_the_widths_of_the_table() =>
        Assert.All(Table.Values, row => Assert.Equal(row.Widths, Space(row.Constraints).Groups.Zip(Space(row.Constraints).Widths, (group, widths) => $"{group.Name} {widths}")));

    /// <summary>Two targets between the least and everything, one of them tight.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Answer_has_allowed_widths_and_meets_the_target(string name, string genome)
    {
        using var small = new SmallProblem();
        foreach (var (row, share) in Table.Keys.SelectMany(row => new[] { 0.1, 0.6 }.Select(share => (row, share))))
        {
            var problem = Problem(small, Table[row].Constraints, share);

            var found = await SmallProblem.RunAsync(Method(name, genome), problem);

            Assert.All(found, candidate => AssertAllowed(problem, candidate));
            Assert.InRange(found[^1].Cost.Macs, 1, problem.Target!.Macs!.Value);
            if (name != "ccep")
            {
                // A round cannot give back what an earlier one has taken; all others leave no step that would fit.
                var space = problem.SpaceOf(problem.Network);
                SmallProblem.AssertTight(space, SmallProblem.Widths(space, found[^1].Plan), problem.Target.Macs.Value);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Free))]
    public async Task Family_without_a_target_has_allowed_widths(string name, string genome)
    {
        using var small = new SmallProblem();
        foreach (var (constraints, _) in Table.Values)
        {
            var problem = Problem(small, constraints, share: 1) with { Target = null };

            var found = await SmallProblem.RunAsync(Method(name, genome), problem);

            Assert.All(found, candidate => AssertAllowed(problem, candidate));
            Assert.True(found[^1].Cost.Macs < SmallProblem.CostOf(problem.Network).Macs);
        }
    }

    /// <summary>Every candidate that is scored on the way is one that could be handed out.</summary>
    [Theory]
    [InlineData("ga", Own)]
    [InlineData("nsga2", "bits")]
    [InlineData("legr", Own)]
    [InlineData("abc", Own)]
    [InlineData("random", Own)]
    [InlineData("eagleeye", Own)]
    public async Task Candidates_that_are_scored_have_allowed_widths(string name, string genome)
    {
        using var small = new SmallProblem();
        var problem = Problem(small, Table["steps"].Constraints, share: 0.4) with
        {
            Scoring = new() { Preparation = Preparation.Training, Epochs = 1 },
        };
        int scored = 0;
        problem = problem with
        {
            TrainCandidate = (network, _, _) =>
            {
                AssertAllowed(problem, network);
                scored++;
                return network;
            },
        };

        await SmallProblem.RunAsync(Method(name, genome), problem);

        Assert.InRange(scored, 2, int.MaxValue);
    }

    /// <summary>What a group may lose counts over all passes and rounds: of 20 channels 8 stay, where three cuts of three fifths would leave 2.</summary>
    [Theory]
    [InlineData("l1")]
    [InlineData("global-l1")]
    [InlineData("bn-scale")]
    public async Task Passes_count_from_the_original_sizes(string name)
    {
        using var small = new SmallProblem();
        var problem = Problem(small, Table["bounded"].Constraints, share: 0);
        var method = PruningMethodTable.Find(name, Options with { Iterative = new() { Passes = 3, RoundEpochs = 0 } });

        var found = await SmallProblem.RunAsync(method, problem);

        Assert.Equal(3, found.Length);
        Assert.All(found, candidate => AssertAllowed(problem, candidate));
        Assert.Equal([8, 10], SmallProblem.Widths(problem.SpaceOf(problem.Network), found[^1].Plan).AsEnumerable());
    }

    /// <summary>Six channels of 16 are zero: with steps of 4 four of them go.</summary>
    [Fact]
    public async Task Zeroed_channels_go_in_whole_steps()
    {
        var network = Wide();
        float[] weight = network.Parameters["conv1.weight"].Floats().ToArray();
        Array.Clear(weight, 0, 6 * 9);
        network = network.WithParameters(new Dictionary<string, HostTensor>
        {
            ["conv1.weight"] = HostTensor.FromFloats(network.Parameters["conv1.weight"].Shape, weight),
            ["bn1.weight"] = Zeros(network, "bn1.weight", 6),
            ["bn1.bias"] = Zeros(network, "bn1.bias", 6),
        });

        var plan = (await SmallProblem.RunAsync(new ZeroedPruning(), new() { Network = network, Constraints = new() { ChannelMultiple = 4 } }))[^1].Plan;
        var fault = await Assert.ThrowsAsync<CoppiceException>(() => SmallProblem.RunAsync(new ZeroedPruning(), new() { Network = network, Constraints = new() { ChannelMultiple = 16 } }));

        Assert.Equal(12, plan.Groups.Single(group => group.Group == "conv1").Kept.Length);
        Assert.Contains("of 'wide' is zero that --channel-multiple 16 would let go; train it", fault.Message, StringComparison.Ordinal);
    }

    private static HostTensor Zeros(Network network, string name, int count)
    {
        float[] values = network.Parameters[name].Floats().ToArray();
        Array.Clear(values, 0, count);
        return HostTensor.FromFloats(network.Parameters[name].Shape, values);
    }

    /// <summary>A small VGG whose groups have room for steps of 8, with batch normalisation behind each layer.</summary>
    private static Network Wide() => new NetworkBuilder("wide", new(1, 9, 9), InitializationScheme.ResNet)
        .Convolution("conv1", filters: 16, kernel: 3, pad: 1).BatchNorm("bn1").Relu("relu1")
        .Convolution("conv2", filters: 20, kernel: 3, pad: 1).BatchNorm("bn2").Relu("relu2").MaxPool("pool", kernel: 3, stride: 3)
        .Convolution("conv3", filters: 24, kernel: 3, pad: 1).BatchNorm("bn3").Relu("relu3")
        .Flatten("flatten").Linear("hidden", 10).BatchNorm("bn4").Relu("relu4").Linear("logits", ToyTask.Classes).Build(seed: 1);

    /// <summary>A target that lies a share of the way from the least that the constraints allow to the whole network.</summary>
    private static PruningProblem Problem(SmallProblem small, PruningConstraints constraints, double share)
    {
        var space = Space(constraints);
        long macs = space.Smallest.Macs + (long)(share * (space.Cost.Full.Macs - space.Smallest.Macs));
        return small.Problem with { Network = Wide(), Scope = GroupScope.All, Constraints = constraints, Target = new($"{macs}", null, macs) };
    }

    private static PruningSpace Space(PruningConstraints constraints) => PruningSpace.Create(ChannelUnits.Analyze(Wide()), GroupScope.All, constraints);

    private static void AssertAllowed(PruningProblem problem, PrunedCandidate candidate)
    {
        Assert.Equal(SmallProblem.Structure(Pruner.Apply(problem.Network, candidate.Plan)), SmallProblem.Structure(candidate.Network));
        AssertAllowed(problem, candidate.Network);
    }

    /// <summary>Read from the network itself, with the rule written out once more: multiples or all, never below the minimum or the share, and what is held untouched.</summary>
    private static void AssertAllowed(PruningProblem problem, Network network)
    {
        var constraints = problem.Constraints;
        var free = problem.SpaceOf(problem.Network).Groups.Select(group => group.Name).ToHashSet();
        var before = ChannelUnits.Analyze(problem.Network).Groups.ToDictionary(group => group.Name, group => group.Size);
        foreach (var group in ChannelUnits.Analyze(network).Groups)
        {
            int size = before[group.Name];
            bool isAllowed = free.Contains(group.Name)
                && group.Size % constraints.ChannelMultiple == 0 && group.Size >= constraints.MinChannels && group.Size >= size * (1 - (constraints.MaxGroupRatio ?? 1)) - 1e-9;
            Assert.True(group.Size == size || isAllowed, $"'{group.Name}' keeps {group.Size} of {size}");
        }
    }

    private static IPruningMethod Method(string name, string genome) =>
        PruningMethodTable.Find(name, genome == Own ? Options : Options.WithGenome(name, Enum.Parse<GenomeKind>(genome, ignoreCase: true)));

    private static TheoryData<string, string> Of(Func<IPruningMethod, bool> takes)
    {
        var pairs = new TheoryData<string, string>();
        foreach (var method in PruningMethodTable.All(Options).Where(takes))
        {
            string[] genomes = method.Genomes.Length > 1 ? [.. method.Genomes.Select(GenomeChoice.Word)] : [Own];
            foreach (string genome in genomes)
            {
                pairs.Add(method.Name, genome);
            }
        }

        return pairs;
    }
}
