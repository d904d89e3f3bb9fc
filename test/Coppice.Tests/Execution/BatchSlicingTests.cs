using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Execution;

public sealed class BatchSlicingTests : LeakCheck
{
    [Theory]
    [InlineData(Precision.Float32, 64)]   // 16 x 32 x 32 elements of 4 bytes are 64 KiB an image, of which 4 MiB hold 64
    [InlineData(Precision.BFloat16, 128)]
    public void A_slice_holds_as_many_images_as_keep_the_largest_activation_within_four_mebibytes(Precision precision, int images)
    {
        var network = ModelCatalog.Build("resnet20");

        Assert.Equal(images, BatchSlicing.ImagesPerSlice(network, new() { Precision = precision }));
    }

    [Fact]
    public void A_slice_never_falls_below_32_images()
    {
        var network = ModelCatalog.Build("resnet18", new() { Initialization = WeightInitialization.Zero });

        Assert.Equal(32, BatchSlicing.ImagesPerSlice(network, new()));
    }

    [Theory]
    [InlineData(ExecutionMode.Training)]
    [InlineData(ExecutionMode.Recalibration)]
    public void Batches_stay_whole_where_statistics_are_those_of_the_batch(ExecutionMode mode) =>
        Assert.Null(BatchSlicing.ImagesPerSlice(ModelCatalog.Build("resnet20"), new() { Mode = mode }));

    [Fact]
    public void Batches_stay_whole_where_a_node_reaches_across_images()
    {
        var mean = new Node("mean", "ReduceMean", ["input"], ["logits"], NodeAttributes.None.With("axes", [0L]));
        var network = new Network(
            "mean-image",
            [new("input", ElementType.Float32, [Dimension.Batch, 3, 64, 64])],
            [new("logits", ElementType.Float32, default(ImmutableArray<Dimension>))],
            [mean],
            []);

        Assert.Null(BatchSlicing.ImagesPerSlice(network, new()));
        float[] answer = Executing.Run(network, Noise.Normal(3, [70, 3, 64, 64]))[0];
        Assert.Equal(3 * 64 * 64, answer.Length);
    }

    [Fact]
    public void A_sliced_evaluation_equals_one_image_after_the_other_with_a_last_slice_that_is_not_full()
    {
        var network = ModelCatalog.Build("resnet20", new() { Seed = 4 });
        var images = Noise.Normal(9, [70, 3, 32, 32]);
        using var program = NetworkProgram.Compile(network, new());

        float[] sliced = program.Run(images).ToArray<float>();

        float[] singly = [.. Enumerable.Range(0, 70).SelectMany(i => program.Run(images.Narrow(0, i, 1)).ToArray<float>())];
        Executing.AssertClose(singly, sliced, 1e-5);
    }

    /// <summary>
    /// What a race rests on: an image's answer does not depend on how many others are evaluated with it. A ResNet-20 as it is, and cut to widths that no kernel likes.
    /// </summary>
    [Theory]
    [InlineData(Precision.Float32, false)]
    [InlineData(Precision.Float32, true)]
    [InlineData(Precision.BFloat16, false)]
    [InlineData(Precision.BFloat16, true)]
    public void Images_answer_is_the_same_bits_in_any_company(Precision precision, bool isCut)
    {
        using var scope = new TensorScope();
        var network = ModelCatalog.Build("resnet20", new() { Seed = 4 });
        if (isCut)
        {
            var units = ChannelUnits.Analyze(network);
            network = Pruner.Apply(units, PruningSpace.Create(units, GroupScope.Inner).ToPlan(new([.. units.PrunableGroups.Where(group => group.IsInner).Select((group, i) => BitString.FromIndices(group.Size, [.. Enumerable.Range(0, group.Size - 3 - i)]))])));
        }

        // Without AVX-512 bf16 takes a hundred times as long.
        int all = precision == Precision.BFloat16 && !PackedConvolution.Supports(DType.BFloat16) ? 48 : 192;
        var images = Noise.Normal(9, [all, 3, 32, 32]);
        float[] In(int count)
        {
            using var program = NetworkProgram.Compile(network, new() { Precision = precision, ImagesPerSlice = count });
            return [.. Enumerable.Range(0, all / count).SelectMany(i => program.Run(images.Narrow(0, i * count, count)).ToArray<float>())];
        }

        float[] expected = In(all / 3);
        Assert.All(((int[])[12, 16, 24, 32, 48, 96, 192]).Where(count => all % count == 0), count => Assert.True(expected.AsSpan().SequenceEqual(In(count)), $"{count} images at a time"));
    }
}
