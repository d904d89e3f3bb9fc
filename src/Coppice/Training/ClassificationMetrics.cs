namespace Coppice.Training;

/// <summary>A range of numbers, both ends included.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Low, double High);

/// <summary>How a classifier did on a set of images.</summary>
/// <param name="Images">Number of images.</param>
/// <param name="Correct">Images whose class got the largest logit.</param>
/// <param name="LossSum">Sum of cross-entropies in nats.</param>
/// <param name="SquaredLossSum">Sum of their squares.</param>
public sealed record ClassificationMetrics(int Images, int Correct, double LossSum, double SquaredLossSum)
{
    /// <summary>No images yet.</summary>
    public static ClassificationMetrics Empty { get; } = new(0, 0, 0, 0);

    /// <summary>Top-1 accuracy in [0, 1].</summary>
    public double Accuracy => (double)Correct / Images;

    /// <summary>Mean cross-entropy in nats.</summary>
    public double Loss => LossSum / Images;

    /// <summary>Standard error of <see cref="Loss"/>.</summary>
    public double LossStandardError => Images < 2
        ? double.PositiveInfinity
        : Math.Sqrt(Math.Max(0, (SquaredLossSum / Images) - (Loss * Loss)) / (Images - 1));

    /// <summary>
    /// 95 % confidence interval of the accuracy (Wilson, 1927): what accuracies over all possible images are compatible with what was seen on these.
    /// </summary>
    public Interval AccuracyInterval
    {
        get
        {
            const double Z = 1.959963984540054;
            double n = Images, p = Accuracy, z2 = Z * Z;
            double centre = (p + (z2 / (2 * n))) / (1 + (z2 / n));
            double half = Z / (1 + (z2 / n)) * Math.Sqrt((p * (1 - p) / n) + (z2 / (4 * n * n)));
            return new(Math.Max(0, centre - half), Math.Min(1, centre + half));
        }
    }

    /// <summary>Both sets together.</summary>
    public static ClassificationMetrics operator +(ClassificationMetrics left, ClassificationMetrics right) =>
        new(left.Images + right.Images, left.Correct + right.Correct, left.LossSum + right.LossSum, left.SquaredLossSum + right.SquaredLossSum);

    /// <summary>Adds two results; see the operator.</summary>
    public static ClassificationMetrics Add(ClassificationMetrics left, ClassificationMetrics right) => left + right;
}
