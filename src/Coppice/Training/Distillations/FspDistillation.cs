using System.Text.Json.Serialization;
using Coppice.Tensors;

namespace Coppice.Training.Distillations;

/// <summary>How the larger of two feature maps is brought to the size of the smaller.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MapPooling>))]
public enum MapPooling
{
    /// <summary>The largest element of each window, as in the paper.</summary>
    Max,

    /// <summary>The mean of each window, as in widely used re-implementations.</summary>
    Average,
}

/// <summary>
/// A Gift from Knowledge Distillation (Yim, Joo, Bae &amp; Kim, CVPR 2017): the flow of solution procedure between two feature maps F1 [m, h, w] and F2 [n, h, w] of a network is
/// <c>G_ij = Σ_{s,t} F1[i, s, t] · F2[j, s, t] / (h · w)</c>, and the student is to solve as its teacher does: <c>L = Σ_pairs λ ‖G_teacher − G_student‖²</c>, averaged over the batch.
/// A student that was cut out of its teacher is compared with the rows and columns of the channels that it kept.
/// </summary>
/// <remarks>
/// Deviations: λ is β / (m · n), the mean over entries, so that the weight of the term does not depend on how much was pruned. With <see cref="FirstStageShare"/> 0 the
/// term stands beside the labels' from the start and β falls linearly to 0: the published first stage with its large learning rate would destroy weights inherited from the teacher.
/// With a first stage (FSP alone, then the labels alone) its learning rate is constant, and velocities are cleared between the stages.
/// </remarks>
public sealed record FspDistillation : Distillation
{
    /// <summary>β: weight of the mean squared difference of the matrices, positive.</summary>
    public double Beta { get; init; } = 1;

    /// <summary>How maps of different sizes are compared.</summary>
    public MapPooling Pooling { get; init; } = MapPooling.Max;

    /// <summary>Share of the training that FSP alone takes, in [0, 1); 0 for FSP beside the labels, with a weight that falls to 0.</summary>
    public double FirstStageShare { get; init; }

    /// <summary>Learning rate of the first stage as a factor of the base rate, positive.</summary>
    public double FirstStageRateFactor { get; init; } = 0.1;

    internal override IEnumerable<string> Faults =>
    [
        .. Fault(Beta > 0 && double.IsFinite(Beta), FormattableString.Invariant($"the weight of FSP must be positive, not {Beta}")),
        .. Fault(FirstStageShare is >= 0 and < 1, FormattableString.Invariant($"FSP's first stage must take a share in [0, 1), not {FirstStageShare}")),
        .. Fault(FirstStageRateFactor > 0 && double.IsFinite(FirstStageRateFactor), FormattableString.Invariant($"the factor of the learning rate in FSP's first stage must be positive, not {FirstStageRateFactor}")),
    ];

    internal override bool ComparesFeatures => true;

    internal override double FirstStage => FirstStageShare;

    internal override double FirstStageRate => FirstStageRateFactor;

    internal override IEnumerable<FeatureTap> Reads(FeatureTaps taps) => taps.Flows.SelectMany(flow => (FeatureTap[])[flow.First, flow.Second]).Distinct();

    internal override bool NeedsTeacher(DistillationMoment moment) => moment.IsFirstStage || FirstStageShare == 0;

    internal override Tensor Term(DistillationBatch batch)
    {
        double beta = batch.Moment.IsFirstStage ? Beta : Beta * (1 - batch.Moment.Progress);
        return batch.Taps.Flows.Select(flow => Difference(batch, flow)).Aggregate((sum, term) => sum.Add(term)).Multiply(beta);
    }

    /// <summary>G of a batch of pairs of maps.</summary>
    /// <param name="first">[N, m, h, w].</param>
    /// <param name="second">[N, n, h', w'].</param>
    /// <param name="pooling">What is done to the larger one.</param>
    /// <returns>[N, m, n].</returns>
    public static Tensor Matrix(Tensor first, Tensor second, MapPooling pooling)
    {
        long height = Math.Min(first.Size(2), second.Size(2)), width = Math.Min(first.Size(3), second.Size(3));
        var (left, right) = (Pool(first, height, width, pooling), Pool(second, height, width, pooling));
        return left.Flatten(2).MatMul(right.Flatten(2).Transpose(1, 2)).Multiply(1.0 / (height * width));
    }

    /// <summary>(G_teacher − G_student)², averaged over entries and images. The teacher's maps are cut before they are multiplied, which gives the same entries for less.</summary>
    private Tensor Difference(DistillationBatch batch, FeatureFlow flow)
    {
        var student = Matrix(batch.Student.Maps[flow.First.Student], batch.Student.Maps[flow.Second.Student], Pooling);
        var teacher = Matrix(flow.First.OfTeacher(batch.Teacher), flow.Second.OfTeacher(batch.Teacher), Pooling);
        return teacher.Subtract(student).Power(2).Mean();
    }

    private static Tensor Pool(Tensor map, long height, long width, MapPooling pooling) => (map.Size(2), map.Size(3)) == (height, width)
        ? map
        : pooling == MapPooling.Max ? map.AdaptiveMaxPool2d(height, width) : map.AdaptiveAveragePool2d(height, width);
}
