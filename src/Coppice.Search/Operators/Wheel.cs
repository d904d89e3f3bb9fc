namespace Coppice.Search.Operators;

/// <summary>A wheel of fortune: draws numbers with given odds. Spinning takes O(log n).</summary>
internal sealed class Wheel
{
    private readonly double[] _ends;

    /// <param name="weights">The odds, each finite and at least 0, with a sum above 0.</param>
    public Wheel(ReadOnlySpan<double> weights)
    {
        _ends = new double[weights.Length];
        double sum = 0;
        for (int i = 0; i < weights.Length; i++) _ends[i] = sum += weights[i];
    }

    /// <summary>A number in [0, n), never one of weight 0.</summary>
    public int Spin(Rng rng)
    {
        double point = rng.NextDouble() * _ends[^1]; // below the last end, or equal to it by rounding
        int low = 0, high = _ends.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ends[middle] > point) high = middle;
            else low = middle + 1;
        }

        while (low > 0 && _ends[low].Equals(_ends[low - 1])) low--; // only the rounding can land on a weight of 0 at the end
        return low;
    }
}
