using Coppice.Search;
using Coppice.Search.Racing;

namespace Coppice.Tests.Search.Racing;

public sealed class PairedSamplingTests
{
    private const int Samples = 400;

    /// <summary>
    /// One known candidate with differences of ±1 at equal hardness: all scales are 1. Seen two of four with differences 0.5 and 1.5: mean 1, variance 0.5; the rest is estimated as its reference and 2 · 1,
    /// with variance 0.5 · (2 + 2² / 2) = 2.
    /// </summary>
    [Fact]
    public void Estimate_is_that_of_the_ratio_estimator()
    {
        double[] reference = [1, 2, 3, 4];
        var sampling = PairedSampling.Fit(reference, [0.5, 0.5, 0.5, 0.5], [([2, 1, 4, 3], null)], Rng.For(1));
        double[] terms = [double.NaN, double.NaN, double.NaN, double.NaN];
        terms[sampling.Order[0]] = reference[sampling.Order[0]] + 0.5;
        terms[sampling.Order[1]] = reference[sampling.Order[1]] + 1.5;

        var mean = sampling.Estimate(terms, [], seen: 2);

        Assert.Equal((10 + 2 + 2) / 4.0, mean.Value, 12);
        Assert.Equal(Math.Sqrt(2) / 4, mean.StandardError, 6);
    }

    [Fact]
    public void All_samples_seen_are_the_mean()
    {
        var sampling = PairedSampling.Fit([1, 2, 3], [0.1, 0.5, 0.9], [([1.5, 2, 3.25], null)], Rng.For(1));

        var mean = sampling.Estimate([4, 5, 9], [], seen: 3);

        Assert.Equal(new(6, 0), mean);
    }

    /// <summary>Differences of √(0.2 + 3 h²) in the known candidate: the fit finds that form, so that in units of it twice as large differences are all alike, and two samples tell the mean.</summary>
    [Fact]
    public void Fit_finds_how_differences_grow_with_hardness()
    {
        double[] hardness = [.. Enumerable.Range(0, Samples).Select(i => (double)i / Samples)], reference = new double[Samples];
        double[] known = [.. hardness.Select(h => Math.Sqrt(0.2 + (3 * h * h)))], twice = [.. known.Select(difference => 2 * difference)];

        var sampling = PairedSampling.Fit(reference, hardness, [(known, null)], Rng.For(3));
        var mean = sampling.Estimate(twice, [], seen: 2);

        Assert.Equal(twice.Average(), mean.Value, 9);
        Assert.InRange(mean.StandardError, 0, 1e-9);
    }

    /// <summary>Where only hard samples differ they come first: of a hundred with h = 1 among four hundred nearly all are among the first hundred.</summary>
    [Fact]
    public void Samples_that_matter_come_first()
    {
        double[] hardness = [.. Enumerable.Range(0, Samples).Select(i => i % 4 == 0 ? 1.0 : 0.01)];
        var rng = Rng.For(5);
        double[] known = [.. hardness.Select(h => h * rng.NextGaussian())];

        var sampling = PairedSampling.Fit(new double[Samples], hardness, [(known, null)], Rng.For(4));

        Assert.InRange(sampling.Order.Take(100).Count(i => i % 4 == 0), 85, 100);
        Assert.Equal(Enumerable.Range(0, Samples), sampling.Order.Order());
    }

    /// <summary>Samples whose differences grow with hardness and are skewed: in 4,000 races three standard errors of 64 seen hold the mean but for a few in a hundred, and the estimate is not off on the whole.</summary>
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    public void Bounds_hold_the_mean(double floor)
    {
        var rng = Rng.For(11);
        double[] hardness = [.. Enumerable.Range(0, Samples).Select(_ => Math.Pow(rng.NextDouble(), 3))], reference = [.. hardness.Select(h => -Math.Log(1 - (0.99 * h)))];
        double[] Candidate(double shift) => [.. hardness.Select((h, i) => reference[i] + (Math.Sqrt(floor + (h * h)) * (shift + (0.3 * rng.NextGaussian()))))];
        int outside = 0, races = 4000;
        double error = 0;
        for (int race = 0; race < races; race++)
        {
            var sampling = race % 100 == 0 || race == 0 ? PairedSampling.Fit(reference, hardness, [(Candidate(0.1), null), (Candidate(0.02), null)], Rng.For((ulong)race)) : _last!;
            _last = sampling;
            double[] candidate = Candidate(0.2 * rng.NextDouble());
            var mean = sampling.Estimate(candidate, [], seen: 64);
            double off = mean.Value - candidate.Average();
            outside += Math.Abs(off) > 3 * mean.StandardError ? 1 : 0;
            error += off / mean.StandardError / races;
        }

        Assert.InRange(outside, 0, 0.01 * races);
        Assert.InRange(error, -0.25, 0.25);
    }

    /// <summary>
    /// What comes for nothing stands first, in its order. The bounds hold, seen alone and with others, also where differences are not on average in proportion to the scales that were fitted: here
    /// easy samples, which are the many, get better where hard ones get worse.
    /// </summary>
    [Theory]
    [InlineData(false, 64)]
    [InlineData(false, 96)]
    [InlineData(true, 64)]
    [InlineData(true, 96)]
    public void Samples_whose_terms_are_given_come_first(bool isMixed, int seen)
    {
        var rng = Rng.For(5);
        double[] hardness = [.. Enumerable.Range(0, Samples).Select(_ => Math.Pow(rng.NextDouble(), 3))], reference = [.. hardness.Select(h => -Math.Log(1 - (0.99 * h)))];
        double[] Candidate(double shift, bool mixes) => [.. hardness.Select((h, i) => reference[i] + (h * ((mixes && h < 0.125 ? -shift : shift) + (0.3 * rng.NextGaussian()))))];

        var sampling = PairedSampling.Fit(reference, hardness, [(Candidate(0.1, mixes: false), null)], Rng.For(1), given: 64);

        Assert.Equal(Enumerable.Range(0, 64), sampling.Order[..64]);
        Assert.Equal(Enumerable.Range(0, Samples), sampling.Order.Order());
        Assert.NotEqual(Enumerable.Range(64, Samples - 64), sampling.Order[64..]);
        double[][] candidates = [.. Enumerable.Range(0, 1000).Select(_ => Candidate(0.2, isMixed))];
        int outside = candidates.Count(candidate => sampling.Estimate(candidate, [], seen) is var mean && Math.Abs(mean.Value - candidate.Average()) > 3 * mean.StandardError);
        Assert.InRange(outside, 0, 10);
    }

    private PairedSampling? _last;

    /// <summary>What is predicted but for a factor needs no sample at all; what is not predicted is not spoilt by a prediction that has nothing to do with it.</summary>
    [Fact]
    public void Predictions_are_used_for_what_they_are_worth()
    {
        var rng = Rng.For(2);
        double[] hardness = [.. Enumerable.Range(0, Samples).Select(_ => rng.NextDouble())], reference = new double[Samples];
        double[] Noise() => [.. hardness.Select(_ => rng.NextGaussian())];
        double[] known = Noise(), candidate = Noise();

        var useful = PairedSampling.Fit(reference, hardness, [(known, [.. known.Select(d => 2 * d)])], Rng.For(1));
        var useless = PairedSampling.Fit(reference, hardness, [(known, Noise())], Rng.For(1));

        Assert.Equal(0.5, useful.PredictionFactor, 9);
        Assert.Equal(1, useful.Explained, 9);
        Assert.Equal(candidate.Average(), useful.Estimate(candidate, [.. candidate.Select(d => 2 * d)], seen: 2).Value, 9);
        Assert.Equal(0, useless.PredictionFactor);
        Assert.InRange(useless.Explained, 0, 0.1);
    }

    /// <summary>A candidate that is the reference itself, and known ones that are it too: nothing differs, and nothing is divided by nothing.</summary>
    [Fact]
    public void Without_differences_everything_is_known()
    {
        double[] reference = [1, 2, 3, 4];
        var sampling = PairedSampling.Fit(reference, [0, 0.2, 0.4, 1], [(reference, [0, 0, 0, 0])], Rng.For(1));

        Assert.Equal(new(2.5, 0), sampling.Estimate(reference, [], seen: 2));
    }
}
