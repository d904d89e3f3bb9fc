using Coppice.Tensors;
using Coppice.Tests.Tensors;
using Coppice.Training.Distillations;

namespace Coppice.Tests.Training.Distillations;

/// <summary>Golden numbers of the specification: F1 = [[1, 2], [3, 4]] and F2 = [[1, 0], [0, 1], [1, 1]] (channels by places).</summary>
public sealed class FspDistillationTests : LeakCheck
{
    private static readonly FspDistillation Fsp = new() { Beta = 2 };

    private readonly Tensor _first = Map(1, 2, [1, 2, 3, 4]);
    private readonly Tensor _second = Map(1, 3, [1, 0, 0, 1, 1, 1]);

    [Fact]
    public void Matrix_is_the_golden_one() =>
        Assert.Equal([0.5f, 1, 1.5f, 1.5f, 2, 3.5f], FspDistillation.Matrix(_first, _second, MapPooling.Max).ToArray<float>());

    /// <summary>K1 = {1}, K2 = {0, 2}: the matrix of the cut maps is the cut matrix, [[1.5, 3.5]].</summary>
    [Fact]
    public void Teacher_is_cut_to_the_channels_that_the_student_kept()
    {
        var teacher = new NetworkAnswer(_first, new Dictionary<string, Tensor> { ["a"] = _first, ["b"] = _second });

        var matrix = FspDistillation.Matrix(Tap("a", 1).OfTeacher(teacher), Tap("b", 0, 2).OfTeacher(teacher), MapPooling.Max);

        Assert.Equal([1.5f, 3.5f], matrix.ToArray<float>());
    }

    /// <summary>
    /// Student F1 = [[3, 2]], F2 = [[1, 0], [1, 1]]: G = [[1.5, 2.5]] against [[1.5, 3.5]], E = [[0, −1]]. Mean square ½, times β = 2. By hand
    /// ∂L/∂F1 = 2 · β / (m n) / (N h w) · E · F2 = 1 · [[−1, −1]] and ∂L/∂F2 = 1 · Eᵀ · F1 = [[0, 0], [−3, −2]].
    /// </summary>
    [Fact]
    public void Loss_and_gradients_are_those_worked_by_hand()
    {
        var (first, second) = (Map(1, 1, [3, 2]), Map(1, 2, [1, 0, 1, 1]));
        (first.RequiresGrad, second.RequiresGrad) = (true, true);

        var loss = Term(Fsp, first, second, Tap("a", 1), Tap("b", 0, 2));
        loss.Backward();

        Assert.Equal(1, loss.Item(), 1e-6);
        Assert.Equal([-1f, -1], first.Grad!.ToArray<float>());
        Assert.Equal([0f, 0, -3, -2], second.Grad!.ToArray<float>());
    }

    /// <summary>Two images, one of which agrees: half the loss.</summary>
    [Fact]
    public void Loss_is_the_mean_over_images()
    {
        var teacher = new NetworkAnswer(_first, new Dictionary<string, Tensor> { ["a"] = Tensor.Cat([_first, _first]), ["b"] = Tensor.Cat([_second, _second]) });
        var student = new NetworkAnswer(_first, new Dictionary<string, Tensor> { ["a"] = Map(2, 1, [3, 2, 3, 4]), ["b"] = Map(2, 2, [1, 0, 1, 1, 1, 0, 1, 1]) });

        Assert.Equal(0.5, Fsp.Term(new(student, teacher, Taps(Tap("a", 1), Tap("b", 0, 2)), new(false, 0))).Item(), 1e-6);
    }

    [Fact]
    public void Student_that_kept_every_channel_and_equals_its_teacher_has_no_loss() =>
        Assert.Equal(0, Term(Fsp, _first, _second, new("a", "a"), Tap("b", 0, 1, 2)).Item());

    /// <summary>The order of channels is a name, nothing else: both permuted alike give the same loss.</summary>
    [Fact]
    public void Kept_channels_permuted_together_with_the_students_leave_the_loss()
    {
        double loss = Term(Fsp, Map(1, 2, [5, 6, 7, 8]), _second, Tap("a", 0, 1), new("b", "b")).Item();

        Assert.Equal(loss, Term(Fsp, Map(1, 2, [7, 8, 5, 6]), _second, Tap("a", 1, 0), new("b", "b")).Item(), 1e-5);
        Assert.NotEqual(loss, Term(Fsp, Map(1, 2, [7, 8, 5, 6]), _second, Tap("a", 0, 1), new("b", "b")).Item(), 1e-2);
    }

    /// <summary>2 × 2 places 1, 2, 3, 4 against one place 5: the largest gives 20, the mean 12.5.</summary>
    [Theory]
    [InlineData(MapPooling.Max, 20)]
    [InlineData(MapPooling.Average, 12.5)]
    public void Larger_map_is_pooled_whichever_it_is(MapPooling pooling, float expected)
    {
        var (large, small) = (Tensor.FromArray([1f, 2, 3, 4], 1, 1, 2, 2), Tensor.FromArray([5f], 1, 1, 1, 1));

        Assert.Equal(expected, FspDistillation.Matrix(large, small, pooling).Item());
        Assert.Equal(expected, FspDistillation.Matrix(small, large, pooling).Item());
    }

    /// <summary>Beside the labels β falls linearly to 0; in a first stage it stays, and after it there is no term.</summary>
    [Fact]
    public void Weight_falls_to_nothing_beside_the_labels_and_stays_in_a_first_stage()
    {
        var staged = Fsp with { FirstStageShare = 0.5 };

        Assert.Equal([1, 0.75, 0.25], new[] { 0, 0.25, 0.75 }.Select(progress => Half(Fsp, new(false, progress))));
        Assert.Equal(1, Half(staged, new(true, 0.75)), 1e-6);
        Assert.True(staged.NeedsTeacher(new(true, 0)));
        Assert.False(staged.NeedsTeacher(new(false, 0)));
        Assert.True(Fsp.NeedsTeacher(new(false, 0.9)));
    }

    [Fact]
    public void First_stage_counts_its_own_progress_and_leaves_the_rest_to_the_second()
    {
        Assert.Equal(
            [new(true, 0), new(true, 0.75), new(false, 0), new(false, 0.5)],
            new long[] { 0, 3, 4, 7 }.Select(iteration => DistillationMoment.Of(iteration, firstStage: 4, total: 10)));
        Assert.Equal(new(false, 0.3), DistillationMoment.Of(3, firstStage: 0, total: 10));
    }

    private double Half(FspDistillation fsp, DistillationMoment moment) => Term(fsp, Map(1, 1, [3, 2]), Map(1, 2, [1, 0, 1, 1]), Tap("a", 1), Tap("b", 0, 2), moment).Item();

    private Tensor Term(FspDistillation fsp, Tensor first, Tensor second, FeatureTap a, FeatureTap b, DistillationMoment moment = default) => fsp.Term(new(
        new(first, new Dictionary<string, Tensor> { ["a"] = first, ["b"] = second }),
        new(_first, new Dictionary<string, Tensor> { ["a"] = _first, ["b"] = _second }),
        Taps(a, b),
        moment));

    private static FeatureTaps Taps(FeatureTap first, FeatureTap second) => new([], [new(first, second)]);

    private static FeatureTap Tap(string name, params int[] kept) => new(name, name) { Kept = [.. kept] };

    /// <summary>[N, C, 1, 2].</summary>
    private static Tensor Map(int images, int channels, float[] values) => Tensor.FromArray(values, images, channels, 1, 2);
}
