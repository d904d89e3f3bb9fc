using Coppice.Tensors;

namespace Coppice.Training.Distillations;

/// <summary>Where a training with a teacher stands.</summary>
/// <param name="IsFirstStage">Whether the labels do not count yet.</param>
/// <param name="Progress">Share of the present stage that is over, in [0, 1).</param>
internal readonly record struct DistillationMoment(bool IsFirstStage, double Progress)
{
    /// <summary>The moment of an iteration.</summary>
    /// <param name="iteration">Iteration, from 0.</param>
    /// <param name="firstStage">Iterations of the first stage.</param>
    /// <param name="total">Iterations of the whole training.</param>
    public static DistillationMoment Of(long iteration, long firstStage, long total) => iteration < firstStage
        ? new(true, (double)iteration / firstStage)
        : new(false, (double)(iteration - firstStage) / Math.Max(1, total - firstStage));
}

/// <summary>What one network says of a batch.</summary>
/// <param name="Logits">[N, classes], single precision.</param>
/// <param name="Maps">Feature maps by value name, each [N, C, H, W], single precision.</param>
internal sealed record NetworkAnswer(Tensor Logits, IReadOnlyDictionary<string, Tensor> Maps);

/// <summary>What a distillation compares: student and teacher on the same images.</summary>
/// <param name="Student">The student's answer, with gradient.</param>
/// <param name="Teacher">The teacher's; constants.</param>
/// <param name="Taps">Which of their maps belong together.</param>
/// <param name="Moment">Where the training stands.</param>
internal sealed record DistillationBatch(NetworkAnswer Student, NetworkAnswer Teacher, FeatureTaps Taps, DistillationMoment Moment);
