using System.Numerics;

namespace Coppice.Search;

/// <summary>
/// A stream of random numbers: xoshiro256** (Blackman &amp; Vigna, 2018), seeded by SplitMix64 from a tuple of keys.
/// </summary>
/// <remarks>
/// Streams are counter-based: whoever needs chance names its place, as in (seed, generation, individual), and gets the stream of that
/// place. No stream is shared, so a result does not depend on the order or the number of workers, and a resumed run equals an
/// unbroken one. Every method uses integer arithmetic or correctly rounded IEEE operations only, hence gives the same bits on every platform.
/// </remarks>
public sealed class Rng
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15; // 2^64 / golden ratio, the increment of SplitMix64

    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    internal Rng(ulong s0, ulong s1, ulong s2, ulong s3) => (_s0, _s1, _s2, _s3) = (s0, s1, s2, s3);

    /// <summary>The stream of one place. Different seeds, keys, key orders and numbers of keys give unrelated streams.</summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="keys">The place inside the run, for example generation and individual.</param>
    public static Rng For(ulong seed, params ReadOnlySpan<ulong> keys)
    {
        // Each step is a bijection of the key, so two tuples meet only by a 2^-64 accident.
        ulong state = Mix(seed + GoldenGamma) ^ (ulong)keys.Length;
        foreach (ulong key in keys) state = Mix(state + GoldenGamma) ^ key;

        return new(SplitMix(ref state), SplitMix(ref state), SplitMix(ref state), SplitMix(ref state));
    }

    /// <summary>The stream of a whole generation: <see cref="For"/> with the generation as its only key.</summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="generation">The number of the generation, at least 0.</param>
    public static Rng ForGeneration(ulong seed, int generation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(generation);
        return For(seed, (ulong)generation);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A uniform number in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A uniform number in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    /// <param name="low">The lower bound, included.</param>
    /// <param name="high">The upper bound, excluded unless rounding reaches it; not below <paramref name="low"/>.</param>
    public double NextDouble(double low, double high)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(low, high);
        return low + ((high - low) * NextDouble());
    }

    /// <summary>A uniform integer in [0, <paramref name="n"/>), without bias (Lemire, 2019: multiply, reject the short remainder).</summary>
    /// <param name="n">The number of outcomes, at least 1.</param>
    public int Next(int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ulong range = (ulong)n;
        ulong high = Math.BigMul(NextUInt64(), range, out ulong low);
        ulong biased = (0 - range) % range; // 2^64 mod n
        while (low < biased) high = Math.BigMul(NextUInt64(), range, out low);
        return (int)high;
    }

    /// <summary>A uniform integer in [0, <paramref name="n"/>) other than <paramref name="excluded"/>.</summary>
    /// <param name="n">The number of outcomes before the exclusion, at least 2.</param>
    /// <param name="excluded">The outcome that cannot be drawn, in [0, <paramref name="n"/>).</param>
    public int NextExcept(int n, int excluded)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(excluded);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(excluded, n);
        int drawn = Next(n - 1);
        return drawn < excluded ? drawn : drawn + 1;
    }

    /// <summary>True with the given probability.</summary>
    /// <param name="probability">At or below 0: never. At or above 1: always.</param>
    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>A standard normal number (Marsaglia's polar method).</summary>
    public double NextGaussian()
    {
        double u, square;
        do
        {
            u = NextDouble(-1, 1);
            double v = NextDouble(-1, 1);
            square = (u * u) + (v * v);
        }
        while (square is >= 1 or 0);

        return u * Math.Sqrt(-2 * NaturalLog(square) / square);
    }

    /// <summary>Brings the items into a uniformly random order, in place (Fisher &amp; Yates).</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="items">The items to reorder.</param>
    public void Shuffle<T>(Span<T> items)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            int other = Next(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    /// <summary>The numbers 0 … <paramref name="n"/> − 1 in a uniformly random order.</summary>
    /// <param name="n">How many numbers, at least 0.</param>
    public int[] Permutation(int n) => Sample(n, n);

    /// <summary><paramref name="k"/> different numbers of 0 … <paramref name="n"/> − 1, in a uniformly random order.</summary>
    /// <param name="n">How many numbers to choose from, at least 0.</param>
    /// <param name="k">How many to choose, in [0, <paramref name="n"/>].</param>
    public int[] Sample(int n, int k)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, n);

        int[] numbers = [.. Enumerable.Range(0, n)];
        for (int i = 0; i < k; i++)
        {
            int other = i + Next(n - i);
            (numbers[i], numbers[other]) = (numbers[other], numbers[i]);
        }

        return numbers[..k];
    }

    /// <summary>One output of SplitMix64 (Steele, Lea &amp; Flood, 2014).</summary>
    internal static ulong SplitMix(ref ulong state) => Mix(state += GoldenGamma);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>
    /// ln x for a normal x &gt; 0, from correctly rounded operations only: <see cref="Math.Log(double)"/> is the C library's and may differ
    /// in its last bit between platforms.
    /// </summary>
    internal static double NaturalLog(double x)
    {
        int exponent = Math.ILogB(x);
        double mantissa = Math.ScaleB(x, -exponent); // [1, 2)
        if (mantissa > 1.5) (mantissa, exponent) = (mantissa / 2, exponent + 1); // (0.75, 1.5]

        // ln m = 2 artanh z = 2 (z + z³/3 + z⁵/5 + …) with z = (m − 1) / (m + 1); |z| ≤ 1/5, so 12 terms reach 2^-53.
        double z = (mantissa - 1) / (mantissa + 1);
        double series = 0;
        for (int power = 23; power >= 1; power -= 2) series = (series * z * z) + (1.0 / power);
        return (2 * z * series) + (exponent * 0.693147180559945309417232);
    }
}
