using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Pruning.Sensitivity;
using Coppice.Search;
using Coppice.Tests.PruningMethods;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Pruning.Sensitivity;

public sealed class SensitivityTests() : LeakCheck(scoped: false)
{
    /// <summary>Rises of 0, 0.1, 0.3 and, by chance, 0.2 at ratios 0, 0.2, 0.4 and 0.6.</summary>
    private static readonly GroupSensitivity Curve = Sensitivity([1.0, 1.1, 1.3, 1.2], channels: 10, step: 2);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.05, 0.1)]
    [InlineData(0.1, 0.2)]
    [InlineData(0.2, 0.3)]
    [InlineData(0.29, 0.39)]
    [InlineData(0.31, 0.62)]
    [InlineData(0.6, 1)]
    public void Largest_ratio_within_a_tolerance_lies_on_the_running_maximum_of_the_curve(double tolerance, double ratio) =>
        Assert.Equal(ratio, Curve.LargestRatio(tolerance), 1e-9);

    [Fact]
    public void A_loss_that_falls_leaves_the_group_free() => Assert.Equal(1, Sensitivity([1.0, 0.9, 0.8], channels: 10, step: 2).LargestRatio(0));

    /// <summary>One group that suffers at once beside others that do not suffer: it keeps what the budget leaves, the others pay.</summary>
    [Fact]
    public void Widths_spare_the_group_that_suffers()
    {
        var space = PruningSpace.Create(ChannelUnits.Analyze(ModelCatalog.Build("resnet20")), GroupScope.Inner);
        long macs = space.Cost.Full.Macs / 2;
        ImmutableArray<GroupSensitivity> sensitivities =
            [.. space.Groups.Select((group, i) => Sensitivity([1, 1 + (i == 3 ? 10 : 0.01), 1 + (i == 3 ? 20 : 0.02)], group.Size, step: group.Size / 4))];

        var widths = SensitivityWidths.Find(space, sensitivities, macs);

        SmallProblem.AssertTight(space, widths, macs);
        double[] kept = [.. widths.Zip(space.Groups, (width, group) => (double)width / group.Size)];
        Assert.Equal(1, kept[3]);
        Assert.All(kept.Where((_, i) => i != 3), share => Assert.InRange(share, 0.2, 0.6));
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.3)]
    [InlineData(0.12)]
    public void Widths_meet_any_budget_that_the_space_can_reach(double share)
    {
        var space = PruningSpace.Create(ChannelUnits.Analyze(ModelCatalog.Build("resnet20")), GroupScope.Inner);
        long macs = Math.Max(space.Smallest.Macs, (long)(share * space.Cost.Full.Macs));
        ImmutableArray<GroupSensitivity> flat = [.. space.Groups.Select(group => Sensitivity([1, 1, 1], group.Size, step: group.Size / 4))];

        SmallProblem.AssertTight(space, SensitivityWidths.Find(space, flat, macs), macs);
    }

    /// <summary>Groups of 8 and 10 channels: at tenths of 8, ⌈0.8 · 8⌉ = 7 to 1, each once; the point of the whole network comes first.</summary>
    [Fact]
    public async Task Analysis_prunes_one_group_at_a_time()
    {
        using var small = new SmallProblem();
        var space = small.Problem.SpaceOf(small.Problem.Network);
        ImmutableArray<double[]> scores = [.. space.Groups.Select(group => new L1Norm().Score(new(space.Units), group))];
        var spy = new Spy(small.Problem.Evaluator(space));

        var result = await SensitivityAnalysis.MeasureAsync(space, scores, spy, CancellationToken.None);

        Assert.Equal(space.Groups.Select(group => group.Name), result.Select(group => group.Group));
        Assert.Equal([8, 7, 6, 5, 4, 3, 2, 1], result.Single(group => group.Group == "conv2").Points.Select(point => point.Kept));
        Assert.All(spy.Seen[1..], genome => Assert.Single(genome.Segments.Zip(space.Sizes), pair => pair.First.Count < pair.Second));
        Assert.All(result, group => Assert.Equal(result[0].Points[0], group.Points[0] with { Kept = result[0].Points[0].Kept }));
        Assert.All(result.SelectMany(group => group.Points), point => Assert.InRange(point.LossStandardError, 1e-9, 1));
    }

    /// <summary>Steps of four and at most 60 % lost: ⌈0.9 · 8⌉ to ⌈0.6 · 8⌉ are 8, ⌈0.5 · 8⌉ and less are 4; of 10, 8 and, from ⌈0.4 · 10⌉ on, 4.</summary>
    [Fact]
    public async Task Analysis_cuts_to_widths_that_are_allowed_alone()
    {
        using var small = new SmallProblem();
        var space = (small.Problem with { Constraints = new() { ChannelMultiple = 4, MaxGroupRatio = 0.6 } }).SpaceOf(small.Problem.Network);
        ImmutableArray<double[]> scores = [.. space.Groups.Select(group => new L1Norm().Score(new(space.Units), group))];

        var result = await SensitivityAnalysis.MeasureAsync(space, scores, small.Problem.Evaluator(space), CancellationToken.None);

        Assert.Equal([8, 4], result.Single(group => group.Group == "conv2").Points.Select(point => point.Kept));
        Assert.Equal([10, 8, 4], result.Single(group => group.Group == "hidden").Points.Select(point => point.Kept));
    }

    private static GroupSensitivity Sensitivity(double[] losses, int channels, int step) => new(
        "group", channels, [.. losses.Select((loss, i) => new SensitivityPoint(channels - (i * step), (double)i * step / channels, loss, 0.01, 0.5))]);

    private sealed class Spy(IFitnessEvaluator<BitGenome> inner) : IFitnessEvaluator<BitGenome>
    {
        public ImmutableArray<BitGenome> Seen { get; private set; } = [];

        public ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellationToken)
        {
            Seen = Seen.AddRange(genomes);
            return inner.EvaluateAsync(genomes, cancellationToken);
        }
    }
}
