using Coppice.Graph;
using Coppice.Models;

namespace Coppice.Tests.Models;

public sealed class InitializationTests
{
    [Fact]
    public void Two_builds_with_the_same_seed_are_equal_to_the_byte()
    {
        var (first, second) = (ModelCatalog.Build("resnet20", new() { Seed = 7 }), ModelCatalog.Build("resnet20", new() { Seed = 7 }));

        Assert.Equal(first.Parameters.Keys, second.Parameters.Keys);
        Assert.All(first.Parameters, entry => Assert.True(entry.Value.Bytes.Span.SequenceEqual(second.Parameters[entry.Key].Bytes.Span), entry.Key));
    }

    [Fact]
    public void Another_seed_changes_every_random_parameter_and_no_constant_one()
    {
        var (first, second) = (ModelCatalog.Build("resnet20", new() { Seed = 7 }), ModelCatalog.Build("resnet20", new() { Seed = 8 }));

        string[] changed = [.. first.Parameters.Where(entry => !entry.Value.Bytes.Span.SequenceEqual(second.Parameters[entry.Key].Bytes.Span)).Select(entry => entry.Key)];

        Assert.Equal(first.Parameters.Keys.Where(name => name.Contains("conv", StringComparison.Ordinal) || name.StartsWith("fc.", StringComparison.Ordinal)), changed);
        Assert.Equal(19 + 2, changed.Length);
    }

    [Fact]
    public void Values_depend_on_the_name_of_the_parameter_and_not_on_the_layers_around_it()
    {
        var (shallow, deep) = (ModelCatalog.Build("resnet20", new() { Seed = 3 }), ModelCatalog.Build("resnet56-b", new() { Seed = 3 }));

        Assert.Equal(shallow.Parameters["layer3.2.conv2.weight"].Floats(), deep.Parameters["layer3.2.conv2.weight"].Floats());
        Assert.NotEqual(shallow.Parameters["layer3.2.conv2.weight"].Floats()[..9].ToArray(), shallow.Parameters["layer3.1.conv2.weight"].Floats()[..9].ToArray());
    }

    [Theory]
    [InlineData("resnet20", "layer3.1.conv1.weight", 0.0589256)] // sqrt(2 / (3·3·64))
    [InlineData("resnet164", "layer3.1.conv3.weight", 0.0883883)] // sqrt(2 / (1·1·256)): fan-out, not the 64 of fan-in
    [InlineData("vgg11-cifar-2fc", "features.25.weight", 0.0208333)] // sqrt(2 / (3·3·512))
    [InlineData("vgg11-cifar-2fc", "classifier.0.weight", 0.01)]
    [InlineData("lenet5", "fc1.weight", 0.0288675)] // U(±1/20): 1 / (20·√3)
    public void Weights_have_mean_zero_and_the_standard_deviation_of_their_scheme(string name, string parameter, double expected)
    {
        float[] values = ModelCatalog.Build(name, new() { Seed = 1 }).Parameters[parameter].Floats().ToArray();

        double mean = values.Average(value => (double)value);
        double deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));

        Assert.InRange(mean, -0.02 * expected, 0.02 * expected);
        Assert.InRange(deviation, 0.98 * expected, 1.02 * expected);
    }

    [Theory]
    [InlineData("lenet5", "fc1", 0.05)] // 400 inputs
    [InlineData("resnet20", "fc", 0.125)] // 64 inputs
    public void Uniform_weights_and_biases_fill_the_range_of_one_over_the_root_of_the_fan_in(string name, string layer, double bound)
    {
        var parameters = ModelCatalog.Build(name).Parameters;

        Assert.InRange(parameters[$"{layer}.weight"].Floats().ToArray().Max(Math.Abs), 0.98 * bound, bound);
        Assert.InRange(parameters[$"{layer}.bias"].Floats().ToArray().Max(Math.Abs), 0.5 * bound, bound);
    }

    [Theory]
    [InlineData("resnet20", "bn1", 1f)]
    [InlineData("vgg11-cifar", "features.1", 0.5f)]
    [InlineData("resnet164", "layer1.0.bn1", 0.5f)]
    public void Batch_normalisation_starts_with_the_scale_of_its_scheme_and_as_the_identity_otherwise(string name, string layer, float scale)
    {
        var parameters = ModelCatalog.Build(name).Parameters;

        AssertAll(scale, parameters[$"{layer}.weight"]);
        AssertAll(0, parameters[$"{layer}.bias"]);
        AssertAll(0, parameters[$"{layer}.running_mean"]);
        AssertAll(1, parameters[$"{layer}.running_var"]);
    }

    [Theory]
    [InlineData("conv1", 0)]
    [InlineData("conv2", 1)]
    [InlineData("conv3", 0)]
    [InlineData("conv4", 1)]
    [InlineData("conv5", 1)]
    [InlineData("fc6", 1)]
    [InlineData("fc7", 1)]
    [InlineData("fc8", 0)]
    public void Biases_of_AlexNet_start_at_one_where_its_paper_says(string layer, float expected) =>
        Assert.Equal(new ConstantInitializer(expected), InitializationScheme.AlexNet.Bias(layer, new(1, 1)));

    [Fact]
    public void Zero_initialisation_zeroes_every_parameter_and_leaves_the_constants_of_the_graph()
    {
        var network = ModelCatalog.Build("resnet20", new() { Initialization = WeightInitialization.Zero });

        Assert.All(network.Parameters.Values.Where(value => value.Type == ElementType.Float32), value => AssertAll(0, value));
        Assert.Equal([0, 8, 0, 0, 0, 8, 0, 0], network.Parameters["layer2.0.downsample.pad.pads"].Longs());
    }

    /// <summary>Test vectors of the authors of FNV.</summary>
    [Theory]
    [InlineData("", 0xCBF29CE484222325)]
    [InlineData("a", 0xAF63DC4C8601EC8C)]
    [InlineData("foobar", 0x85944171F73967E8)]
    public void Hash_of_a_name_is_FNV_1a(string name, ulong expected) => Assert.Equal(expected, ParameterFiller.StableHash(name));

    private static void AssertAll(float expected, HostTensor tensor) => Assert.Equal(-1, tensor.Floats().IndexOfAnyExcept(expected));
}
