using System.Collections.Immutable;

namespace Coppice.Search.Racing;

/// <summary>
/// The order in which the samples of a mean are looked at, and what those seen so far say about the whole mean.
/// <para>
/// Candidates are compared through their differences from a reference, sample by sample, for what is hard for one of them is hard for all. Where something cheap predicts these differences, what
/// the prediction leaves is looked at in their place: a control variate (Owen, Monte Carlo theory, 2013, chapter 8). How large that is depends on the sample: its variance is modelled as
/// s² = a + b · h², h being how hard the sample is for the reference. Small changes of a network move the hard samples alone (a ≈ 0), large ones all of them. a, b and the factor β of the
/// prediction are fitted to candidates that have been evaluated in full.
/// </para>
/// <para>
/// Samples are drawn without replacement with probabilities proportional to s (Efraimidis &amp; Spirakis, 2006), so the first are where the differences are, and those that are left when a race
/// ends hardly matter. With d the difference of a sample, p its prediction, n samples seen and u = (d − β p) / s of each, the sum of all is estimated by
/// <code>
/// Σ_seen d + β Σ_rest p + mean(u) · Σ_rest s        with variance        var(u) · (Σ_rest s² + (Σ_rest s)² / n)
/// </code>
/// the ratio estimator under a superpopulation model (Särndal, Swensson &amp; Wretman, 1992, chapter 5).
/// </para>
/// <para>
/// Samples whose terms come for nothing may stand first. They are drawn with equal probabilities, so the mean of their u would be right only if the expectation of d − β p grew as s does; their
/// Σ (d − β p) / Σ s is right whatever it does (the same book, section 5.6). With w = Σ (d − β p − s Σ (d − β p) / Σ s)² / Σ s² over them, its variance is w Σ s² / (Σ s)². It takes the place of mean(u), and
/// w that of var(u); with both kinds of samples, their mean weighted by the inverse of their variances.
/// </para>
/// </summary>
public sealed class PairedSampling
{
    private const int FitSteps = 8;

    /// <summary>A prediction that explains less than this share of the differences is not worth its trouble.</summary>
    private const double LeastExplained = 0.3;

    private readonly int _given;
    private readonly double[] _reference;
    private readonly double[] _scales;
    private readonly double[] _restScales;
    private readonly double[] _restSquares;

    private PairedSampling(ImmutableArray<int> order, int given, double[] reference, double[] scales, double factor, double explained)
    {
        Order = order;
        _given = given;
        PredictionFactor = factor;
        Explained = explained;
        _reference = reference;
        _scales = scales;
        _restScales = RestSums(order, scale => scale, scales);
        _restSquares = RestSums(order, scale => scale * scale, scales);
    }

    /// <summary>The samples in the order in which they are to be looked at.</summary>
    public ImmutableArray<int> Order { get; }

    /// <summary>β, or 0 where predictions are of no use.</summary>
    public double PredictionFactor { get; }

    /// <summary>Share of the weighted squared differences of the known candidates that predictions explain, in [0, 1].</summary>
    public double Explained { get; }

    /// <summary>Fits the model and draws the order.</summary>
    /// <param name="reference">Terms of the reference, one per sample.</param>
    /// <param name="hardness">h of each sample, in [0, 1].</param>
    /// <param name="known">Candidates that have been evaluated in full, at least one: their terms, and their predicted differences, or null where nothing predicts them.</param>
    /// <param name="rng">Draws the order.</param>
    /// <param name="given">Samples, the first of all, that are looked at before any other because their terms cost nothing; drawn at random, for the others are taken to be like them.</param>
    public static PairedSampling Fit(double[] reference, double[] hardness, IReadOnlyCollection<(double[] Terms, double[]? Predicted)> known, Rng rng, int given = 0)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(rng);
        ArgumentOutOfRangeException.ThrowIfNegative(given);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(given, reference.Length);
        double[] squared = [.. hardness.Select(h => h * h)];
        var differences = known.Select(candidate => candidate.Terms.Zip(reference, (term, of) => term - of).ToArray()).ToArray();
        var (a, b) = FitVariance(RelativeSquares(differences, reference.Length), squared);

        var (factor, explained) = (0.0, 0.0);
        if (known.All(candidate => candidate.Predicted is not null))
        {
            double[][] predicted = [.. known.Select(candidate => candidate.Predicted!)];
            (factor, explained) = FitFactor(differences, predicted, [.. squared.Select(h => 1 / (a + (b * h)))]);
            if (explained >= LeastExplained)
            {
                double[][] rest = [.. differences.Zip(predicted, (difference, prediction) => difference.Zip(prediction, (d, p) => d - (factor * p)).ToArray())];
                (a, b) = FitVariance(RelativeSquares(rest, reference.Length), squared);
            }
            else
            {
                factor = 0;
            }
        }

        double[] scales = [.. squared.Select(h => Math.Sqrt(a + (b * h)))];

        // An exponential variable of rate s is the first of all with probability s / Σ s.
        double[] keys = [.. scales.Select(scale => -Math.Log(1 - rng.NextDouble()) / scale)];
        return new([.. Enumerable.Range(0, keys.Length).OrderBy(i => i < given ? -1 : keys[i])], given, reference, scales, factor, explained);
    }

    /// <summary>The mean over all samples of a candidate of which the first in the order have been seen.</summary>
    /// <param name="terms">Its terms, by sample; only those seen are read.</param>
    /// <param name="predicted">Its predicted differences from the reference, by sample; empty where <see cref="PredictionFactor"/> is 0.</param>
    /// <param name="seen">How many of <see cref="Order"/> have been seen, at least 2 and all that are given.</param>
    public SampledMean Estimate(ReadOnlySpan<double> terms, ReadOnlySpan<double> predicted, int seen)
    {
        var (given, drawn) = (new GivenPart(), new DrawnPart());
        double sum = 0, rest = 0;
        for (int k = 0; k < seen; k++)
        {
            int i = Order[k];
            double left = terms[i] - _reference[i] - Predicted(predicted, i);
            sum += terms[i];
            if (k < _given)
            {
                given.Add(left, _scales[i]);
            }
            else
            {
                drawn.Add(left / _scales[i]);
            }
        }

        if (seen == Order.Length)
        {
            return new(sum / Order.Length, 0);
        }

        for (int k = seen; k < Order.Length; k++)
        {
            rest += _reference[Order[k]] + Predicted(predicted, Order[k]);
        }

        var (ratio, ratioVariance, spread) = Combine(given, drawn);
        double unseen = _restScales[seen], variance = (spread * _restSquares[seen]) + (ratioVariance * unseen * unseen);
        return new((sum + rest + (ratio * unseen)) / Order.Length, Math.Sqrt(variance) / Order.Length);
    }

    /// <summary>What both parts say of Σ (d − β p) / Σ s, weighted by their precision, with its variance; and the variance of u around it.</summary>
    private static (double Ratio, double Variance, double Spread) Combine(GivenPart given, DrawnPart drawn)
    {
        if (given.Count < 2)
        {
            return (drawn.Mean, drawn.Spread / drawn.Count, drawn.Spread);
        }

        var (first, ofFirst) = (given.Ratio, given.Variance);
        if (drawn.Count < 2)
        {
            return (first, ofFirst, given.Spread);
        }

        double ofSecond = drawn.Spread / drawn.Count, both = ofFirst + ofSecond, spread = ((given.Count * given.Spread) + (drawn.Count * drawn.Spread)) / (given.Count + drawn.Count);
        return both > 0 ? (((first * ofSecond) + (drawn.Mean * ofFirst)) / both, ofFirst * ofSecond / both, spread) : (first, 0, spread);
    }

    private double Predicted(ReadOnlySpan<double> predicted, int sample) => PredictionFactor == 0 ? 0 : PredictionFactor * predicted[sample];

    /// <summary>β of weighted least squares through the origin over all candidates and samples, and the share that it explains; candidates count alike, however much they differ.</summary>
    private static (double Factor, double Explained) FitFactor(double[][] differences, double[][] predicted, double[] weights)
    {
        double cross = 0, ofPrediction = 0, ofDifference = 0;
        foreach (var (difference, prediction) in differences.Zip(predicted))
        {
            double size = MeanSquare(difference);
            for (int i = 0; size > 0 && i < weights.Length; i++)
            {
                double weight = weights[i] / size;
                cross += weight * difference[i] * prediction[i];
                ofPrediction += weight * prediction[i] * prediction[i];
                ofDifference += weight * difference[i] * difference[i];
            }
        }

        return cross > 0 && ofPrediction > 0 && ofDifference > 0 && double.IsFinite(cross / ofPrediction) ? (cross / ofPrediction, cross * cross / ofPrediction / ofDifference) : (0, 0);
    }

    /// <summary>For each sample the mean over the candidates of the square, relative to the candidate's own mean square: how much a candidate differs as a whole is estimated in its race.</summary>
    private static double[] RelativeSquares(double[][] differences, int samples)
    {
        double[] squares = new double[samples];
        foreach (double[] difference in differences)
        {
            double size = MeanSquare(difference);
            for (int i = 0; size > 0 && i < samples; i++)
            {
                squares[i] += difference[i] * difference[i] / size / differences.Length;
            }
        }

        return squares;
    }

    private static double MeanSquare(double[] values) => values.Average(value => value * value);

    /// <summary>
    /// a, b ≥ 0 of least squares for E d² = a + b h², terms weighted by the inverse of their squared expectation, which is what the variance of d² grows with; both above 0 by a little, so that no
    /// sample has no chance.
    /// </summary>
    private static (double A, double B) FitVariance(double[] squares, double[] hardness)
    {
        double mean = squares.Average();
        double floor = mean > 0 ? 1e-9 * mean : 1;
        var (a, b) = (mean > 0 ? mean : 1, floor);
        for (int step = 0; step < FitSteps; step++)
        {
            double s0 = 0, s1 = 0, s2 = 0, t0 = 0, t1 = 0;
            for (int i = 0; i < squares.Length; i++)
            {
                double expected = a + (b * hardness[i]), weight = 1 / (expected * expected);
                s0 += weight;
                s1 += weight * hardness[i];
                s2 += weight * hardness[i] * hardness[i];
                t0 += weight * squares[i];
                t1 += weight * squares[i] * hardness[i];
            }

            double determinant = (s0 * s2) - (s1 * s1);
            (a, b) = determinant > 1e-12 * s0 * s2
                ? (((t0 * s2) - (t1 * s1)) / determinant, ((t1 * s0) - (t0 * s1)) / determinant)
                : (t0 / s0, 0);

            // Where one of them would be negative, the other alone fits best.
            (a, b) = a < 0 ? (0, t1 / s2) : b < 0 ? (t0 / s0, 0) : (a, b);
            (a, b) = (Math.Max(a, floor), Math.Max(b, floor));
        }

        return (a, b);
    }

    /// <summary>At k the sum over the samples behind the k-th.</summary>
    private static double[] RestSums(ImmutableArray<int> order, Func<double, double> of, double[] scales)
    {
        double[] sums = new double[order.Length + 1];
        for (int k = order.Length - 1; k >= 0; k--)
        {
            sums[k] = sums[k + 1] + of(scales[order[k]]);
        }

        return sums;
    }

    /// <summary>Sums over the samples that are given.</summary>
    private struct GivenPart
    {
        private double _left;
        private double _scale;
        private double _squares;
        private double _products;
        private double _scaleSquares;

        public int Count { get; private set; }

        public readonly double Ratio => _left / _scale;

        public readonly double Spread => Math.Max(0, _squares - (2 * Ratio * _products) + (Ratio * Ratio * _scaleSquares)) / _scaleSquares * Count / (Count - 1);

        public readonly double Variance => Spread * _scaleSquares / (_scale * _scale);

        public void Add(double left, double scale)
        {
            Count++;
            _left += left;
            _scale += scale;
            _squares += left * left;
            _products += left * scale;
            _scaleSquares += scale * scale;
        }
    }

    /// <summary>Mean and variance of u over the samples that are drawn in proportion to s.</summary>
    private struct DrawnPart
    {
        private double _squares;

        public int Count { get; private set; }

        public double Mean { get; private set; }

        public readonly double Spread => _squares / (Count - 1);

        public void Add(double unit)
        {
            double step = unit - Mean;
            Mean += step / ++Count;
            _squares += step * (unit - Mean); // Welford's sum of squared deviations
        }
    }
}
