namespace Coppice.Search.Racing;

/// <summary>What is known of a mean of which some terms have been seen.</summary>
/// <param name="Value">The mean, or an estimate of it.</param>
/// <param name="StandardError">Standard deviation of that estimate; 0 where all terms have been seen.</param>
public readonly record struct SampledMean(double Value, double StandardError);
