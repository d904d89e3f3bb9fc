using System.Globalization;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Runs;
using Coppice.Tensors.OnnxRuntime;
using Coppice.Tests.Execution;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using FsCheck;
using FsCheck.Fluent;

namespace Coppice.Tests.Pruning;

/// <summary>
/// The promises of pruning on random networks of everything that channels can go through, judged by ONNX Runtime. Some hundreds as a test; <c>COPPICE_RANDOM_NETWORKS=10000 ./test.sh
/// --unit --filter FullyQualifiedName~RandomNetworkTests</c> is the long run. A counterexample comes out shrunk, as the list of blocks that makes it.
/// </summary>
public sealed class RandomNetworkTests : LeakCheck
{
    private static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("COPPICE_RANDOM_NETWORKS") ?? "200", CultureInfo.InvariantCulture);

    private static Arbitrary<(int[] Blocks, int Seed)> Cases => Arb.From(
        NetworkGenerator.WideChoices().Generator.Zip(Gen.Choose(1, 1 << 20)).Select(pair => (pair.Item1, pair.Item2)),
        drawn => NetworkGenerator.WideChoices().Shrinker(drawn.Item1).Select(blocks => (blocks, drawn.Item2)));

    [Fact]
    public void Cut_network_computes_what_the_zeroed_one_does() => Check(drawn =>
    {
        var network = Executing.Softened(NetworkGenerator.Wide(drawn.Blocks));
        var plan = NetworkGenerator.Plan(ChannelUnits.Analyze(network), drawn.Seed);

        var result = Verification.Run(network, plan, prunedFile: null, new() { Samples = 2, Tolerance = 1e-4 }, CancellationToken.None);

        Assert.All(result.Checks, check => Assert.True(check.Status == VerificationStatus.Passed, $"{check.Name}: {check.Status}, {check.Difference}, {check.Detail}"));
    });

    [Fact]
    public void Two_cuts_are_the_composed_one() => Check(drawn =>
    {
        var units = ChannelUnits.Analyze(NetworkGenerator.Wide(drawn.Blocks));
        var first = NetworkGenerator.Plan(units, drawn.Seed, atLeast: 2);
        var between = ChannelUnits.Analyze(Pruner.Apply(units, first));
        var second = NetworkGenerator.Plan(between, drawn.Seed + 1, atLeast: 2);

        var inTwoSteps = Pruner.Apply(between, second);
        var inOne = Pruner.Apply(units, first.Then(second));

        Assert.Equal(NetworkAssert.WithoutNames(inTwoSteps), NetworkAssert.WithoutNames(inOne));
    });

    /// <summary>Nothing removed, nothing changed, although computed shapes were folded and shuffles replaced on the way.</summary>
    [Fact]
    public void Empty_plan_changes_no_output() => Check(drawn =>
    {
        var network = Executing.Softened(NetworkGenerator.Wide(drawn.Blocks));

        var same = Pruner.Apply(network, PruningPlan.Identity());

        Assert.Equal(Run(network), Run(same));
    });

    [Fact]
    public void Cost_model_is_that_of_the_cut_network() => Check(drawn =>
    {
        var units = ChannelUnits.Analyze(NetworkGenerator.Wide(drawn.Blocks));
        var plan = NetworkGenerator.Plan(units, drawn.Seed);

        Assert.Equal(CostModel.Create(ChannelUnits.Analyze(Pruner.Apply(units, plan))).Full, CostModel.Create(units).Of(plan.Widths(units)));
    });

    private static void Check(Action<(int[] Blocks, int Seed)> promise) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(Count).WithReplay(314159265358979323, 84626433832795029), Prop.ForAll(Cases, promise));

    private static float[] Run(Network network)
    {
        using var session = InferenceSession.Load(OnnxWriter.ToBytes(network), new() { Threads = 1 });
        float[] image = [.. Enumerable.Range(0, 3 * 8 * 8).Select(i => MathF.Sin(i))];
        return session.Run(new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Create(image, [1, 3, 8, 8]) }, [network.Outputs[0].Name])[network.Outputs[0].Name].ToArray<float>();
    }
}
