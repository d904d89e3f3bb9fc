using System.Text.Json.Serialization;
using Coppice.Tensors;

namespace Coppice.Training.Distillations;

/// <summary>
/// How a teacher takes part in the loss: <c>L = w · CE(y, student) + Σ terms</c>, where each distillation gives a term and w is the product of what each leaves to the labels.
/// A value, saved with the run. A new one is a file beside this one, a line below and a line in <see cref="DistillationTable"/>.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(KnowledgeDistillation), "kd")]
[JsonDerivedType(typeof(FspDistillation), "fsp")]
[JsonDerivedType(typeof(AttentionTransfer), "at")]
[JsonDerivedType(typeof(CombinedDistillation), "sum")]
public abstract record Distillation
{
    /// <summary>What is wrong with the settings; empty where nothing is.</summary>
    internal abstract IEnumerable<string> Faults { get; }

    /// <summary>Whether feature maps are compared, not only answers.</summary>
    internal virtual bool ComparesFeatures => false;

    /// <summary>Share of the training, from its start, in which the terms alone are the loss, in [0, 1).</summary>
    internal virtual double FirstStage => 0;

    /// <summary>Constant learning rate of that first stage, as a factor of the base rate.</summary>
    internal virtual double FirstStageRate => 1;

    /// <summary>What the labels' term is multiplied with.</summary>
    internal virtual double LabelWeight => 1;

    /// <summary>The feature maps that the term reads, among those that student and teacher have in common.</summary>
    internal virtual IEnumerable<FeatureTap> Reads(FeatureTaps taps) => [];

    /// <summary>Whether there is a term at that moment, so that the teacher must be run.</summary>
    internal abstract bool NeedsTeacher(DistillationMoment moment);

    /// <summary>The term, weighted; a scalar. Asked for only where <see cref="NeedsTeacher"/> says that there is one.</summary>
    internal abstract Tensor Term(DistillationBatch batch);

    /// <summary>The whole loss of a batch.</summary>
    /// <param name="labels">Cross-entropy with the labels.</param>
    /// <param name="batch">Student and teacher on the same images.</param>
    internal Tensor Loss(Tensor labels, DistillationBatch batch) =>
        batch.Moment.IsFirstStage ? Term(batch) : labels.Multiply(LabelWeight).Add(Term(batch));

    private protected static string[] Fault(bool holds, string fault) => holds ? [] : [fault];
}

/// <summary>Two distillations at once: the sum of their terms.</summary>
/// <param name="First">One.</param>
/// <param name="Second">The other.</param>
public sealed record CombinedDistillation(Distillation First, Distillation Second) : Distillation
{
    internal override IEnumerable<string> Faults => [.. First.Faults, .. Second.Faults];

    internal override bool ComparesFeatures => First.ComparesFeatures || Second.ComparesFeatures;

    internal override double FirstStage => Staged.FirstStage;

    internal override double FirstStageRate => Staged.FirstStageRate;

    internal override double LabelWeight => First.LabelWeight * Second.LabelWeight;

    private Distillation Staged => First.FirstStage > 0 ? First : Second;

    internal override IEnumerable<FeatureTap> Reads(FeatureTaps taps) => First.Reads(taps).Union(Second.Reads(taps));

    internal override bool NeedsTeacher(DistillationMoment moment) => First.NeedsTeacher(moment) || Second.NeedsTeacher(moment);

    internal override Tensor Term(DistillationBatch batch) => (First.NeedsTeacher(batch.Moment), Second.NeedsTeacher(batch.Moment)) switch
    {
        (true, true) => First.Term(batch).Add(Second.Term(batch)),
        (true, false) => First.Term(batch),
        _ => Second.Term(batch),
    };
}
