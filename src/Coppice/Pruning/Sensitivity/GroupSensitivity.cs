using System.Collections.Immutable;

namespace Coppice.Pruning.Sensitivity;

/// <summary>What pruning one channel group alone does to the loss.</summary>
/// <param name="Kept">Channels that stay.</param>
/// <param name="Ratio">Share of the group's channels that is gone, in [0, 1).</param>
/// <param name="Loss">Loss on the search split after adaptive batch-norm, without any tuning.</param>
/// <param name="LossStandardError">Its standard error over images.</param>
/// <param name="Accuracy">Accuracy on the same images, in [0, 1].</param>
public sealed record SensitivityPoint(int Kept, double Ratio, double Loss, double LossStandardError, double Accuracy);

/// <summary>How much the network suffers when one channel group alone is pruned more and more.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Channels">Its channels.</param>
/// <param name="Points">From the whole group, which is the first point, to the narrowest.</param>
public sealed record GroupSensitivity(string Group, int Channels, ImmutableArray<SensitivityPoint> Points)
{
    /// <summary>Loss added by the narrowest point: what a table sorts by.</summary>
    public double WorstAdded => Points.Max(point => point.Loss) - Points[0].Loss;

    /// <summary>
    /// The largest ratio at which the loss has risen by no more than a tolerance, between the points on straight lines. The curve is taken at its running maximum: a loss that
    /// falls again further on is chance, and must not make a wide cut look safer than a narrow one. Beyond the narrowest point it goes on at its mean slope.
    /// </summary>
    /// <param name="tolerance">τ, at least 0.</param>
    /// <returns>A ratio in [0, 1]; 1 where no point raises the loss, 0 where none but the whole group could be measured.</returns>
    public double LargestRatio(double tolerance)
    {
        double highest = 0;
        for (int i = 1; i < Points.Length; i++)
        {
            double rise = Math.Max(highest, Points[i].Loss - Points[0].Loss);
            if (rise > tolerance)
            {
                double share = (tolerance - highest) / (rise - highest);
                return Points[i - 1].Ratio + (share * (Points[i].Ratio - Points[i - 1].Ratio));
            }

            highest = rise;
        }

        if (Points.Length == 1)
        {
            return 0;
        }

        return highest > 0 ? Math.Min(1, Points[^1].Ratio * tolerance / highest) : 1;
    }
}
