using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Pruning.Racing;
using Coppice.Search;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;
using Coppice.Training;

namespace Coppice.Tests.PruningMethods.Racing;

/// <summary>First-order predictions image by image, held against differences of the loss when what reads a channel is weakened a little.</summary>
public sealed class TaylorPredictionTests() : LeakCheck(scoped: false)
{
    private const double Step = 1e-3;

    public static TheoryData<string> Networks => ["toy", "vgg"];

    [Theory]
    [MemberData(nameof(Networks))]
    public async Task Prediction_is_the_slope_of_each_images_loss(string kind)
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Network = kind == "toy" ? ToyTask.Network(normalised: true) : SmallProblem.Vgg(), Scope = GroupScope.Inner };
        var space = problem.SpaceOf(problem.Network);
        var images = problem.Images!.Scored;

        await problem.Thread!.RunAsync(() =>
        {
            var prediction = TaylorPrediction.TryMeasure(space, images, problem, CancellationToken.None)!;
            foreach (var (position, group) in space.Groups.Index())
            {
                int channel = group.Size / 2;
                double[] predicted = prediction.Slopes(BitGenome.AllOnes(space.Sizes.AsSpan()).Replace(position, BitString.FromIndices(group.Size, [.. Enumerable.Range(0, group.Size).Where(i => i != channel)])))!;

                double[] weaker = Losses(Weakened(problem.Network, group, channel, 1 - Step), images), stronger = Losses(Weakened(problem.Network, group, channel, 1 + Step), images);
                double[] whole = Losses(problem.Network, images);

                // Between the slopes to either side: they differ where a ReLU or a maximum turns over in between.
                double[] below = [.. weaker.Zip(whole, (low, at) => (low - at) / Step)], above = [.. whole.Zip(stronger, (at, high) => (at - high) / Step)];
                double largest = below.Concat(above).Max(Math.Abs), tolerance = 0.02 * largest;
                Assert.True(largest > 1e-3, $"the loss does not depend on channel {channel} of {group.Name}");
                Assert.All(predicted.Index(), pair => Assert.InRange(
                    pair.Item, Math.Min(below[pair.Index], above[pair.Index]) - tolerance, Math.Max(below[pair.Index], above[pair.Index]) + tolerance));
            }
        });
    }

    [Fact]
    public async Task Whole_network_differs_in_nothing_and_several_channels_add_up()
    {
        using var small = new SmallProblem();
        var problem = small.Problem;
        var space = problem.SpaceOf(problem.Network);
        var full = BitGenome.AllOnes(space.Sizes.AsSpan());
        BitGenome Without(params int[] channels) => full.Replace(0, BitString.FromIndices(space.Sizes[0], [.. Enumerable.Range(0, space.Sizes[0]).Except(channels)]));

        await problem.Thread!.RunAsync(() =>
        {
            var prediction = TaylorPrediction.TryMeasure(space, problem.Images!.Scored, problem, CancellationToken.None)!;

            Assert.All(prediction.Slopes(full)!, difference => Assert.Equal(0, difference));
            Assert.Equal(prediction.Slopes(Without(1))!.Zip(prediction.Slopes(Without(3))!, (one, other) => one + other), prediction.Slopes(Without(1, 3))!, (left, right) => Math.Abs(left - right) < 1e-9);
        });
    }

    /// <summary>A network that is not sure (L = ln 2, so m = 0) and one that is (p = 0.99, m = ln 99); the slope says how the log-odds change.</summary>
    [Theory]
    [InlineData(0.5, 0, 0)]
    [InlineData(0.5, 0.25, 0.2809298)] // m' = -0.5: ln(1 + e^0.5) - ln 2
    [InlineData(0.5, -0.25, -0.2190702)]
    [InlineData(0.99, 0.01, 0.0170369)] // m' = ln 99 - 1: ln(1 + e/99) - ln(1 + 1/99), where a straight line would say 0.01
    [InlineData(0.99, 0.1, 5.3993143)] // m' = ln 99 - 10
    [InlineData(0.99, -10, -0.0100503)] // never below a loss of 0
    public void Difference_follows_the_slope_of_the_log_odds(double probability, double slope, double expected) =>
        Assert.Equal(expected, TaylorPrediction.Difference(-Math.Log(probability), slope), 1e-6);

    /// <summary>Single precision knows no loss between 0 and 6e-8.</summary>
    [Fact]
    public void Image_that_the_network_is_entirely_sure_about_is_predicted_too()
    {
        Assert.Equal(0, TaylorPrediction.Difference(0, 0), 2e-7);
        Assert.InRange(TaylorPrediction.Difference(0, 1), 1, double.MaxValue);
    }

    /// <summary>In half the bits slopes explain all but 2 % of those in single precision; of some images a ReLU turns over.</summary>
    [Fact]
    public async Task Slopes_in_bfloat16_are_nearly_those_of_single_precision()
    {
        using var small = new SmallProblem();
        var space = small.Problem.SpaceOf(small.Problem.Network);
        var genome = BitGenome.AllOnes(space.Sizes.AsSpan()).Replace(0, BitString.FromIndices(space.Sizes[0], [0]));

        await small.Problem.Thread!.RunAsync(() =>
        {
            double[] Slopes(Precision precision) => TaylorPrediction.TryMeasure(space, small.Problem.Images!.Scored, small.Problem with { Precision = precision }, CancellationToken.None)!.Slopes(genome)!;
            double[] single = Slopes(Precision.Float32), half = Slopes(Precision.BFloat16);

            Assert.NotEqual(single, half);
            Assert.InRange(single.Zip(half, (one, other) => (one - other) * (one - other)).Sum(), 0, 0.02 * single.Sum(slope => slope * slope));
        });
    }

    private static double[] Losses(Network network, TensorBatches images) => Classifier.Score(network, images, new ProgramOptions(), CancellationToken.None).ToArray();

    /// <summary>The network in which the weights that read a channel of a group are multiplied by a factor.</summary>
    private static Network Weakened(Network network, ChannelGroup group, int channel, double factor)
    {
        var replaced = new Dictionary<string, HostTensor>();
        foreach (var axis in group.Axes.Where(axis => axis.Role == ChannelRole.Read))
        {
            var weight = network.Parameters[axis.Parameter];
            float[] values = weight.Floats().ToArray();
            long run = weight.Shape.Product(axis.Axis + 1, weight.Shape.Rank);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] *= axis.Ids[i / run % axis.Ids.Length] == group.Units[channel] ? (float)factor : 1;
            }

            replaced[axis.Parameter] = weight.WithFloats(values);
        }

        return network.WithParameters(replaced);
    }
}
