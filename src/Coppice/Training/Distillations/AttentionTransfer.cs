using Coppice.Tensors;

namespace Coppice.Training.Distillations;

/// <summary>
/// Paying more attention to attention (Zagoruyko &amp; Komodakis, ICLR 2017), activation-based: where a network looks is <c>Q = Σ_c A_c²</c>, flattened to [h · w], and student
/// and teacher are to look at the same places: <c>L = β Σ_maps ‖ Q_s / ‖Q_s‖ − Q_t / ‖Q_t‖ ‖²</c>, averaged over the batch, at the end of each stage. Channels are summed
/// up, so a pruned student is compared with its whole teacher.
/// </summary>
/// <remarks>
/// Deviation: the norm is squared, as in the authors' code and unlike the paper's equation; the code then takes the mean over h · w places with β = 1000, here the sum with a β per map.
/// </remarks>
public sealed record AttentionTransfer : Distillation
{
    /// <summary>Below this a norm counts as this, so that a dead map gives 0 and no infinity.</summary>
    private const double SmallestNorm = 1e-12;

    /// <summary>β: weight of the squared distance of each pair of maps, positive; the distance lies in [0, 2].</summary>
    public double Beta { get; init; } = 0.5;

    internal override IEnumerable<string> Faults =>
        Fault(Beta > 0 && double.IsFinite(Beta), FormattableString.Invariant($"the weight of attention transfer must be positive, not {Beta}"));

    internal override bool ComparesFeatures => true;

    internal override IEnumerable<FeatureTap> Reads(FeatureTaps taps) => taps.Maps;

    internal override bool NeedsTeacher(DistillationMoment moment) => !moment.IsFirstStage;

    internal override Tensor Term(DistillationBatch batch) => batch.Taps.Maps
        .Select(tap => Distance(batch.Student.Maps[tap.Student], batch.Teacher.Maps[tap.Teacher]))
        .Aggregate((sum, term) => sum.Add(term))
        .Multiply(Beta);

    /// <summary>Attention of each image, of length 1.</summary>
    /// <param name="map">[N, C, h, w].</param>
    /// <returns>[N, h · w].</returns>
    public static Tensor Attention(Tensor map)
    {
        var q = map.Power(2).Sum([1]).Flatten(1);

        // Bounded before the root: the root's own slope at 0 is infinite.
        var norm = q.Power(2).Sum([1], keepDim: true).Clamp(SmallestNorm * SmallestNorm, null).Sqrt();
        return q.Divide(norm);
    }

    private static Tensor Distance(Tensor student, Tensor teacher) =>
        Attention(student).Subtract(Attention(teacher)).Power(2).Sum().Multiply(1.0 / student.Size(0));
}
