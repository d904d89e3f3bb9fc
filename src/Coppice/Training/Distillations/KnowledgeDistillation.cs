using Coppice.Tensors;

namespace Coppice.Training.Distillations;

/// <summary>
/// Classic knowledge distillation (Hinton, Vinyals &amp; Dean, 2015): with p = softmax(z_t / T) of the teacher and q = softmax(z_s / T) of the student,
/// <c>L = (1 − α) · CE(y, softmax(z_s)) + α · T² · KL(p ‖ q)</c>; KL is summed over classes and averaged over the batch.
/// T² keeps the size of the soft gradients, which shrink as 1 / T².
/// </summary>
public sealed record KnowledgeDistillation : Distillation
{
    /// <summary>α: share of the teacher's term, in [0, 1].</summary>
    public double Weight { get; init; } = 0.7;

    /// <summary>T: softens both distributions, positive; 2 to 4 suit fine-tuning after pruning.</summary>
    public double Temperature { get; init; } = 3;

    internal override IEnumerable<string> Faults =>
    [
        .. Fault(Temperature > 0, FormattableString.Invariant($"distillation temperature must be positive, not {Temperature}")),
        .. Fault(Weight is >= 0 and <= 1, FormattableString.Invariant($"distillation weight must lie in [0, 1], not {Weight}")),
    ];

    internal override double LabelWeight => 1 - Weight;

    internal override bool NeedsTeacher(DistillationMoment moment) => !moment.IsFirstStage;

    /// <summary>KL(softmax(teacher / T) ‖ softmax(student / T)), summed over classes, averaged over the batch.</summary>
    /// <param name="student">Logits [N, classes], with gradient.</param>
    /// <param name="teacher">Logits [N, classes]; constants.</param>
    /// <param name="temperature">T.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Divergence(Tensor student, Tensor teacher, double temperature)
    {
        var logQ = student.Multiply(1 / temperature).LogSoftmax(1);
        var scaled = teacher.Multiply(1 / temperature);
        var (p, logP) = (scaled.Softmax(1), scaled.LogSoftmax(1));
        return p.Multiply(logP.Subtract(logQ)).Sum().Multiply(1.0 / student.Shape[0]);
    }

    internal override Tensor Term(DistillationBatch batch) =>
        Divergence(batch.Student.Logits, batch.Teacher.Logits, Temperature).Multiply(Weight * Temperature * Temperature);
}
