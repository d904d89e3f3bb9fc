using Coppice.Data;
using Coppice.Graph.Execution;
using Coppice.Tensors;
using Coppice.Tests.Tensors;
using Coppice.Training;

namespace Coppice.Tests.Training;

public sealed class ClassificationMetricsTests : LeakCheck
{
    /// <summary>Wilson's interval at 95 %: Agresti &amp; Coull (1998) give 0 of 10 as (0, 0.278) and 5 of 10 as (0.237, 0.763).</summary>
    [Theory]
    [InlineData(9400, 10000, 0.93518, 0.94448)]
    [InlineData(0, 10, 0, 0.27753)]
    [InlineData(10, 10, 0.72247, 1)]
    [InlineData(5, 10, 0.23659, 0.76341)]
    public void Accuracy_interval_is_wilsons(int correct, int images, double low, double high)
    {
        var interval = new ClassificationMetrics(images, correct, 0, 0).AccuracyInterval;

        Assert.Equal(low, interval.Low, 1e-5);
        Assert.Equal(high, interval.High, 1e-5);
    }

    /// <summary>Losses 1, 2, 3, 6: mean 3, variance (4 + 1 + 0 + 9) / 3, standard error √(14 / 3 / 4) = 1.0801234497.</summary>
    [Fact]
    public void Sum_of_two_sets_has_the_mean_and_the_standard_error_of_all_images()
    {
        var sum = new ClassificationMetrics(2, 1, 1 + 2, 1 + 4) + new ClassificationMetrics(2, 2, 3 + 6, 9 + 36);

        Assert.Equal((4, 3, 0.75, 3.0), (sum.Images, sum.Correct, sum.Accuracy, sum.Loss));
        Assert.Equal(1.0801234497, sum.LossStandardError, 1e-9);
        Assert.Equal(sum, ClassificationMetrics.Add(ClassificationMetrics.Empty, sum));
    }

    [Fact]
    public void One_image_has_no_standard_error() => Assert.Equal(double.PositiveInfinity, new ClassificationMetrics(1, 1, 1, 1).LossStandardError);

    /// <summary>Softmax of (0, ln 3) is (¼, ¾). Of equal logits the first class counts, as in arg-max.</summary>
    [Fact]
    public void Measure_sums_cross_entropies_and_counts_the_largest_logit()
    {
        float[] logits = [0, MathF.Log(3), 5, 5, 1000, 0];

        var metrics = Classifier.Measure(logits, classes: 2, [1, 1, 0]);

        double[] losses = [Math.Log(4 / 3.0), Math.Log(2), 0];
        Assert.Equal((3, 2), (metrics.Images, metrics.Correct));
        Assert.Equal(losses.Sum(), metrics.LossSum, 1e-6);
        Assert.Equal(losses.Sum(loss => loss * loss), metrics.SquaredLossSum, 1e-6);
    }

    /// <summary>A file with a fixed batch answers for the images that only fill it up, too.</summary>
    [Fact]
    public void Rows_beyond_the_labels_do_not_count() => Assert.Equal(
        Classifier.Measure([0, 1], classes: 2, [1]),
        Classifier.Measure([0, 1, 7, -7, 0, 0], classes: 2, [1]));

    [Fact]
    public void Images_on_the_device_are_measured_as_those_that_are_loaded()
    {
        var images = DataSubset.All(ToyTask.Images(300), Split.Search);
        var network = ToyTask.Network();
        using var batches = TensorBatches.Load(images, ToyTask.Normalization, Classifier.BatchSize, Device.Cpu);

        var loaded = Classifier.Evaluate(network, images, ToyTask.Normalization, Precision.Float32, Device.Cpu, CancellationToken.None);
        var resident = Classifier.Evaluate(network, batches, Precision.Float32, Device.Cpu, CancellationToken.None);

        Assert.Equal(300, batches.Count);
        Assert.Equal([256, 44], batches.Batches.Select(batch => batch.Labels.Length));
        Assert.Equal(300, loaded.Images);
        Assert.Equal(loaded, resident);
    }
}
