using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Tests.Graph;
using Coppice.Training.Distillations;

namespace Coppice.Tests.Training.Distillations;

/// <summary>Where networks are tapped, and which channels belong together there.</summary>
public sealed class FeatureMatchingTests
{
    private static readonly FspDistillation Fsp = new();

    [Theory]
    [InlineData("resnet20", "relu layer1.2.relu2 layer2.2.relu2 layer3.2.relu2", "relu-layer1.2.relu2 layer2.0.relu2-layer2.2.relu2 layer3.0.relu2-layer3.2.relu2")]
    [InlineData("resnet20-b", "relu layer1.2.relu2 layer2.2.relu2 layer3.2.relu2", "relu-layer1.2.relu2 layer2.0.relu2-layer2.2.relu2 layer3.0.relu2-layer3.2.relu2")]
    public void Stages_end_where_maps_shrink_after_addition_and_activation(string model, string outputs, string sections)
    {
        var maps = Maps(ModelCatalog.Build(model, new()));

        Assert.Equal(outputs.Split(' '), maps.StemAndOutputs);
        Assert.Equal(sections.Split(' '), maps.Sections.Select(section => $"{section.First}-{section.Last}"));
    }

    /// <summary>Thirteen convolutions in five stages before 1 × 1 maps; pooled maps are not counted, the last stage is 2 × 2.</summary>
    [Fact]
    public void Plain_network_ends_its_stages_before_the_pooling()
    {
        var network = ModelCatalog.Build("vgg16-cifar", new());
        var maps = Maps(network);

        Assert.Equal([2, 2, 3, 3, 3], maps.Stages.Select(stage => stage.Length));
        Assert.All(maps.Stages.SelectMany(stage => stage), map => Assert.Equal("Relu", network.Index.Producer(map)!.OperatorType));
        Assert.Equal([32, 16, 8, 4, 2], maps.Outputs.Select(map => maps.Shape(map)[2]));
    }

    /// <summary>Pre-activation: a block's sum is read by the next block's normalisation and by its addition, so it is a map; the last one is normalised alone.</summary>
    [Fact]
    public void Branches_are_no_waists()
    {
        var draw = new Draw();
        string stem = draw.Conv("stem", "x", filters: 4), sum = draw.Add("sum", draw.Conv("inner", draw.Relu("relu", draw.BatchNorm("bn", stem)), filters: 4), stem);
        var network = draw.Build(draw.Relu("last", draw.BatchNorm("norm", sum)));

        Assert.Equal(["stem", "last"], Maps(network).Stages.Single().AsEnumerable());
    }

    [Fact]
    public void Flows_lead_from_stage_to_stage_or_through_each_stage_or_along_the_names()
    {
        var maps = Maps(ModelCatalog.Build("resnet20", new()));

        string Flows(string taps) => string.Join(' ', Match(maps, maps).Choose(TapSelection.Parse(taps), Fsp).Flows.Select(flow => $"{flow.First.Teacher}>{flow.Second.Student}"));

        Assert.Equal("relu>layer1.2.relu2 layer1.2.relu2>layer2.2.relu2 layer2.2.relu2>layer3.2.relu2", Flows("stages"));
        Assert.Equal("relu>layer1.2.relu2 layer2.0.relu2>layer2.2.relu2 layer3.0.relu2>layer3.2.relu2", Flows("sections"));
        Assert.Equal("relu>layer2.1.relu1 layer2.1.relu1>layer3.0.add", Flows("relu, layer2.1.relu1,layer3.0.add"));
    }

    [Fact]
    public void Distillation_taps_what_it_reads_and_no_more()
    {
        var maps = Maps(ModelCatalog.Build("resnet20", new()));

        var attention = Match(maps, maps).Choose(TapSelection.Stages, new AttentionTransfer());
        var flows = Match(maps, maps).Choose(TapSelection.Stages, Fsp);
        var both = Match(maps, maps).Choose(TapSelection.Stages, new CombinedDistillation(Fsp, new AttentionTransfer()));

        Assert.Equal((3, 0), (attention.Maps.Length, attention.Flows.Length));
        Assert.Equal((0, 3), (flows.Maps.Length, flows.Flows.Length));
        Assert.Equal((3, 3), (both.Maps.Length, both.Flows.Length));
    }

    /// <summary>Stream of stage 1 cut to channels 0, 3, 5 and inner filters of a block to 1, 2: FSP knows both, attention needs neither.</summary>
    [Fact]
    public void Channels_of_a_pruned_student_are_those_that_its_plan_kept()
    {
        var (student, teacher, kept) = Pruned();

        var flow = Match(student, teacher, kept).Choose(TapSelection.Parse("relu,layer1.1.relu1,layer2.2.relu2"), Fsp).Flows;
        var map = Match(student, teacher).Choose(TapSelection.Stages, new AttentionTransfer()).Maps[0];

        Assert.Equal([0, 3, 5], flow[0].First.Kept!.Value.AsEnumerable());
        Assert.Equal([1, 2], flow[0].Second.Kept!.Value.AsEnumerable());
        Assert.Null(flow[1].Second.Kept);
        Assert.Equal(("layer1.2.relu2", null), (map.Student, map.Kept));
    }

    [Fact]
    public void Student_whose_channels_are_not_known_is_refused_with_the_ways_out()
    {
        var (student, teacher, kept) = Pruned();

        Assert.Equal(
            "Cannot compare feature maps channel by channel: 'relu' has 3 channels, its teacher's 'relu' 16, and which of them they are is not known; give the plan that made the student (--plan), or use --distill at.",
            Fault(() => Match(student, teacher).Choose(TapSelection.Stages, Fsp)));
        Assert.Equal(
            "Cannot compare feature maps channel by channel: the plan leaves 3 channels of the teacher's 'relu' (16), but the student has 16 there; give the plan that made it.",
            Fault(() => Match(teacher, teacher, kept).Choose(TapSelection.Stages, Fsp)));
    }

    [Fact]
    public void Student_of_another_architecture_is_paired_stage_by_stage()
    {
        var student = Maps(Renamed(ModelCatalog.Build("resnet20", new())));
        var teacher = Maps(ModelCatalog.Build("resnet32", new()));

        var taps = Match(student, teacher).Choose(TapSelection.Stages, new CombinedDistillation(Fsp, new AttentionTransfer()));

        Assert.Equal(["s.layer1.2.relu2 layer1.4.relu2", "s.layer2.2.relu2 layer2.4.relu2", "s.layer3.2.relu2 layer3.4.relu2"], taps.Maps.Select(tap => $"{tap.Student} {tap.Teacher}"));
        Assert.Equal(("s.relu", "relu"), (taps.Flows[0].First.Student, taps.Flows[0].First.Teacher));
    }

    [Fact]
    public void Faults_name_the_map_and_the_way_out()
    {
        var maps = Maps(ModelCatalog.Build("resnet20", new()));
        var vgg = Maps(ModelCatalog.Build("vgg16-cifar", new()));

        Assert.Equal(
            "Cannot compare feature maps: 'resnet20' computes no map [N, C, H, W] of the name 'layer2.2.relu3'. Did you mean layer2.2.relu2?",
            Fault(() => Match(maps, maps).Choose(TapSelection.Parse("relu,layer2.2.relu3"), Fsp)));
        Assert.Equal(
            "Cannot compare feature maps: 'resnet20' has none of the name 'layer1.0.relu2', and not as many stages as its teacher 'vgg16-cifar' (3, 5); use --distill kd.".Replace("layer1.0.relu2", vgg.Outputs[0], StringComparison.Ordinal),
            Fault(() => Match(maps, vgg).Choose(TapSelection.Stages, new AttentionTransfer())));
        Assert.Equal(
            "Cannot compare 'resnet20' with its teacher 'resnet20': the feature maps found at 'relu' (1) are too few for this distillation; name others by --taps.",
            Fault(() => Match(maps, maps).Choose(TapSelection.Parse("relu"), Fsp)));
        Assert.Equal("Cannot read the feature maps ',': write stages, sections, or names of the network's values separated by commas.", Fault(() => TapSelection.Parse(",")));
    }

    private static string Fault(Action act) => Assert.Throws<CoppiceException>(act).Message;

    private static FeatureMaps Maps(Network network) => new(network, new Dictionary<string, TensorShape> { [network.Inputs[0].Name] = ShapeInference.InputShape(network.Inputs[0]) });

    private static FeatureMatching Match(FeatureMaps student, FeatureMaps teacher, IReadOnlyDictionary<string, ImmutableArray<int>>? kept = null) => new(student, teacher, kept);

    private static (FeatureMaps Student, FeatureMaps Teacher, IReadOnlyDictionary<string, ImmutableArray<int>> Kept) Pruned()
    {
        var units = ChannelUnits.Analyze(ModelCatalog.Build("resnet20-b", new()));
        var plan = new PruningPlan("resnet20-b", [new("conv1", 16, [0, 3, 5]), new("layer1.1.conv1", 16, [1, 2])]);
        return (Maps(Pruner.Apply(units, plan)), Maps(units.Network), ChannelProvenance.Of(units, plan));
    }

    /// <summary>The same network with another name for each value that a node writes.</summary>
    private static Network Renamed(Network network)
    {
        HashSet<string> written = [.. network.Nodes.SelectMany(node => node.Outputs)];
        string Name(string value) => written.Contains(value) ? $"s.{value}" : value;
        return network.WithOutputs(
            [.. network.Outputs.Select(output => output with { Name = Name(output.Name) })],
            [.. network.Nodes.Select(node => node with { Inputs = [.. node.Inputs.Select(Name)], Outputs = [.. node.Outputs.Select(Name)] })]);
    }
}
