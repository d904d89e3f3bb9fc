using Coppice.Tensors;
using Coppice.Tests.Tensors;
using Coppice.Training.Distillations;

namespace Coppice.Tests.Training.Distillations;

/// <summary>Golden numbers of the specification: z_s = (1, 0, −1), z_t = (2, 1, −2), T = 4.</summary>
public sealed class KnowledgeDistillationTests : LeakCheck
{
    private readonly Tensor _student = Tensor.FromArray([1f, 0, -1], 1, 3);
    private readonly Tensor _teacher = Tensor.FromArray([2f, 1, -2], 1, 3);
    private readonly Tensor _label = Tensor.FromArray([0L], 1);

    [Fact]
    public void Divergence_is_the_golden_number() => Assert.Equal(0.0197298533, KnowledgeDistillation.Divergence(_student, _teacher, 4).Item(), 1e-7);

    [Fact]
    public void Teacher_alone_gives_T_squared_times_the_divergence_and_its_gradient()
    {
        _student.RequiresGrad = true;

        var loss = Loss(_student, _teacher, _label, new() { Weight = 1, Temperature = 4 });
        loss.Backward();

        Assert.Equal(0.3156776521, loss.Item(), 1e-6);
        double[] expected = [-0.1864264626, -0.1451890751, 0.3316155377];
        Assert.All(expected.Zip(_student.Grad!.ToArray<float>()), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    /// <summary>The batch is averaged: two copies of an image give the loss of one and half the gradient each.</summary>
    [Fact]
    public void Loss_is_the_mean_over_the_batch()
    {
        var two = Tensor.Cat([_student, _student]);
        two.RequiresGrad = true;

        var loss = Loss(two, Tensor.Cat([_teacher, _teacher]), Tensor.Cat([_label, _label]), new() { Weight = 1, Temperature = 4 });
        loss.Backward();

        Assert.Equal(0.3156776521, loss.Item(), 1e-6);
        Assert.Equal(-0.1864264626 / 2, two.Grad!.ToArray<float>()[0], 1e-6);
    }

    /// <summary>CE = log(1 + e⁻¹ + e⁻²) = 0.4076059644; 0.3 · CE + 0.7 · 0.3156776521 = 0.3432561459.</summary>
    [Fact]
    public void Weight_mixes_the_labels_and_the_teacher() =>
        Assert.Equal(0.3432561459, Loss(_student, _teacher, _label, new() { Weight = 0.7, Temperature = 4 }).Item(), 1e-6);

    /// <summary>Smoothed by 0.3 over 3 classes the target is (0.8, 0.1, 0.1): CE + 0.1 · 1 + 0.1 · 2 = 0.7076059644.</summary>
    [Fact]
    public void Labels_term_is_smoothed() =>
        Assert.Equal(0.7076059644, Loss(_student, _teacher, _label, new() { Weight = 0 }, labelSmoothing: 0.3).Item(), 1e-6);

    [Fact]
    public void Student_that_equals_its_teacher_has_no_loss() => Assert.Equal(0, KnowledgeDistillation.Divergence(_teacher, _teacher, 3).Item(), 1e-7);

    private static Tensor Loss(Tensor student, Tensor teacher, Tensor labels, KnowledgeDistillation options, double labelSmoothing = 0)
    {
        var none = new Dictionary<string, Tensor>();
        return options.Loss(student.CrossEntropy(labels, labelSmoothing), new(new(student, none), new(teacher, none), FeatureTaps.None, new(false, 0)));
    }
}
