using Coppice.Tensors;
using Coppice.Tests.Tensors;
using Coppice.Training.Distillations;

namespace Coppice.Tests.Training.Distillations;

public sealed class AttentionTransferTests : LeakCheck
{
    /// <summary>Channels (1, 2), (1, 0), (1, 0): Q = (3, 4), of length 5.</summary>
    private readonly Tensor _student = Tensor.FromArray([1f, 2, 1, 0, 1, 0], 1, 3, 1, 2);

    /// <summary>One channel (7, 0): Q = (49, 0).</summary>
    private readonly Tensor _teacher = Tensor.FromArray([7f, 0], 1, 1, 1, 2);

    [Fact]
    public void Attention_is_the_sum_of_squares_over_channels_of_length_one()
    {
        Assert.All(new[] { 0.6, 0.8 }.Zip(AttentionTransfer.Attention(_student).ToArray<float>()), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        Assert.Equal([1f, 0], AttentionTransfer.Attention(_teacher).ToArray<float>());
    }

    /// <summary>(0.6 − 1)² + 0.8² = 0.8, times β = 0.5; two pairs give the sum, two images the mean.</summary>
    [Fact]
    public void Loss_is_the_sum_over_maps_and_the_mean_over_images()
    {
        Assert.Equal(0.4, Term(_student, _teacher, "a"), 1e-6);
        Assert.Equal(0.8, Term(_student, _teacher, "a", "b"), 1e-6);
        Assert.Equal(0.2, Term(Tensor.Cat([_student, _teacher.Expand(1, 3, 1, 2)]), Tensor.Cat([_teacher, _teacher]), "a"), 1e-6);
        Assert.Equal(0, Term(_student.Multiply(3), _student, "a"), 1e-6);
    }

    [Fact]
    public void Dead_map_gives_no_infinite_gradient()
    {
        var dead = Tensor.Zeros([1, 2, 1, 2]);
        dead.RequiresGrad = true;

        var loss = new AttentionTransfer().Term(Batch(dead, _teacher, "a"));
        loss.Backward();

        Assert.Equal(0.5, loss.Item(), 1e-6);
        Assert.Equal([0f, 0, 0, 0], dead.Grad!.ToArray<float>());
    }

    private static double Term(Tensor student, Tensor teacher, params string[] maps) => new AttentionTransfer { Beta = 0.5 }.Term(Batch(student, teacher, maps)).Item();

    private static DistillationBatch Batch(Tensor student, Tensor teacher, params string[] maps) => new(
        new(student, maps.ToDictionary(map => map, _ => student)),
        new(teacher, maps.ToDictionary(map => map, _ => teacher)),
        new([.. maps.Select(map => new FeatureTap(map, map))], []),
        new(false, 0));
}
