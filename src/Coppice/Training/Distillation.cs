using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>How a teacher's answers take part in the loss.</summary>
public sealed record DistillationOptions
{
    /// <summary>α: share of the teacher's term, in [0, 1].</summary>
    public double Weight { get; init; } = 0.7;

    /// <summary>T: softens both distributions, positive; 2 to 4 suit fine-tuning after pruning.</summary>
    public double Temperature { get; init; } = 3;
}

/// <summary>
/// Classic knowledge distillation (Hinton, Vinyals &amp; Dean, 2015): with p = softmax(z_t / T) of the teacher and q = softmax(z_s / T) of the student,
/// <c>L = (1 − α) · CE(y, softmax(z_s)) + α · T² · KL(p ‖ q)</c>; KL is summed over classes and averaged over the batch.
/// T² keeps the size of the soft gradients, which shrink as 1 / T².
/// </summary>
public static class Distillation
{
    /// <summary>The loss of a batch.</summary>
    /// <param name="student">Logits [N, classes], with gradient.</param>
    /// <param name="teacher">Logits [N, classes]; constants.</param>
    /// <param name="labels">Class of each image, [N], 64-bit integers.</param>
    /// <param name="options">α and T.</param>
    /// <param name="labelSmoothing">Smoothing of the labels' term.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Loss(Tensor student, Tensor teacher, Tensor labels, DistillationOptions options, double labelSmoothing = 0)
    {
        double alpha = options.Weight, temperature = options.Temperature;
        var hard = student.CrossEntropy(labels, labelSmoothing);
        var soft = Divergence(student, teacher, temperature);
        return hard.Multiply(1 - alpha).Add(soft.Multiply(alpha * temperature * temperature));
    }

    /// <summary>KL(softmax(teacher / T) ‖ softmax(student / T)), summed over classes, averaged over the batch.</summary>
    public static Tensor Divergence(Tensor student, Tensor teacher, double temperature)
    {
        var logQ = student.Multiply(1 / temperature).LogSoftmax(1);
        var scaled = teacher.Multiply(1 / temperature);
        var (p, logP) = (scaled.Softmax(1), scaled.LogSoftmax(1));
        return p.Multiply(logP.Subtract(logQ)).Sum().Multiply(1.0 / student.Shape[0]);
    }
}
