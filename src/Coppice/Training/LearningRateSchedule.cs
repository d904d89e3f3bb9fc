using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Coppice.Training;

/// <summary>Learning rate as a factor of the base rate over the course of training, in [0, 1].</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(CosineSchedule), "cosine")]
[JsonDerivedType(typeof(StepSchedule), "step")]
public abstract record LearningRateSchedule
{
    /// <summary>Share of the training during which the rate rises linearly from near zero, in [0, 1).</summary>
    public double WarmUp { get; init; }

    /// <summary>What is wrong with the settings; empty where nothing is.</summary>
    internal virtual IEnumerable<string> Faults =>
        WarmUp is >= 0 and < 1 ? [] : [FormattableString.Invariant($"warm-up must lie in [0, 1), not {WarmUp}")];

    /// <summary>The factor at a moment of the training.</summary>
    /// <param name="iteration">Iteration, from 0.</param>
    /// <param name="total">Iterations of the whole training.</param>
    public double Factor(long iteration, long total)
    {
        double warmUp = WarmUp * total;
        return iteration < warmUp
            ? (iteration + 1) / (warmUp + 1)
            : Decay(total > warmUp ? (iteration - warmUp) / (total - warmUp) : 0);
    }

    /// <summary>The factor after warm-up; <paramref name="progress"/> in [0, 1).</summary>
    protected abstract double Decay(double progress);
}

/// <summary>Half a cosine from 1 to 0 (Loshchilov &amp; Hutter, SGDR, 2017, without restarts): ½ (1 + cos π t).</summary>
public sealed record CosineSchedule : LearningRateSchedule
{
    /// <inheritdoc/>
    protected override double Decay(double progress) => 0.5 * (1 + Math.Cos(Math.PI * progress));
}

/// <summary>Constant, multiplied by a factor at each milestone.</summary>
/// <param name="Milestones">Shares of the training after warm-up at which the rate drops, ascending, each in (0, 1).</param>
/// <param name="Drop">What the rate is multiplied with, in (0, 1].</param>
public sealed record StepSchedule(ImmutableArray<double> Milestones, double Drop = 0.1) : LearningRateSchedule
{
    /// <summary>Drops to a tenth at one half and at three quarters.</summary>
    public static StepSchedule Classic { get; } = new([0.5, 0.75]);

    internal override IEnumerable<string> Faults =>
    [
        .. base.Faults,
        .. IsAscending ? Array.Empty<string>() : [$"milestones must ascend within (0, 1), not {Text}"],
        .. Drop is > 0 and <= 1 ? Array.Empty<string>() : [FormattableString.Invariant($"the drop at a milestone must lie in (0, 1], not {Drop}")],
    ];

    private bool IsAscending =>
        !Milestones.IsDefault && Milestones.Prepend(0).Zip(Milestones.Append(1), (lower, upper) => lower < upper).All(ascends => ascends);

    private string Text => Milestones.IsDefault ? "none at all" : string.Join(", ", Milestones.Select(milestone => FormattableString.Invariant($"{milestone}")));

    /// <inheritdoc/>
    public bool Equals(StepSchedule? other) =>
        base.Equals(other) && Drop.Equals(other.Drop) && Milestones.AsSpan().SequenceEqual(other.Milestones.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Drop, Milestones.Length);

    /// <inheritdoc/>
    protected override double Decay(double progress) => Math.Pow(Drop, Milestones.Count(milestone => progress >= milestone));
}
