using Coppice.Search;

namespace Coppice.Pruning.Reconstruction;

/// <summary>
/// Chooses the channels to keep by greedy removal and exchange: the channel whose going adds least goes, until k are left; then, as long as it helps, the pair of one that stays and one
/// that went changes places that lowers the error most. For a quadratic error a strong and cheap opponent: a genetic algorithm that does not beat it has not earned its evaluations.
/// </summary>
public static class GreedySwap
{
    /// <summary>Keeps k channels.</summary>
    /// <param name="error">The error of the group.</param>
    /// <param name="keep">k, in [1, channels].</param>
    public static BitString Choose(LayerError error, int keep)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keep, error.Size);
        var choice = new Choice(error);
        for (int size = error.Size; size > keep; size--)
        {
            choice.Remove(choice.Kept.MinBy(choice.Added));
        }

        while (choice.BestExchange() is var (stays, goes))
        {
            choice.Restore(stays);
            choice.Remove(goes);
        }

        return BitString.FromIndices(error.Size, [.. choice.Kept.Order()]);
    }

    /// <summary>A choice with Σ over the gone of G[c, ·] for each channel, so that a change costs O(C).</summary>
    private sealed class Choice(LayerError error)
    {
        private const double Tolerance = 1e-12;
        private readonly double[] _shared = new double[error.Size];
        private readonly SortedSet<int> _gone = [];

        public IEnumerable<int> Kept => Enumerable.Range(0, error.Size).Where(channel => !_gone.Contains(channel));

        /// <summary>What the error rises by if a channel goes that stays: G[c, c] + 2 Σ G[c, gone].</summary>
        public double Added(int channel) => error[channel, channel] + (2 * _shared[channel]);

        public void Remove(int channel) => Change(channel, +1);

        public void Restore(int channel) => Change(channel, -1);

        /// <summary>The exchange that lowers the error most, or null where none does.</summary>
        public (int Stays, int Goes)? BestExchange()
        {
            (int Stays, int Goes)? best = null;
            double least = -Tolerance * error.Whole;
            foreach (int stays in _gone)
            {
                // Bringing it back takes off its own square and twice what it shares with the others that are gone.
                double back = error[stays, stays] - (2 * _shared[stays]);
                foreach (int goes in Kept)
                {
                    double change = back + Added(goes) - (2 * error[goes, stays]);
                    if (change < least)
                    {
                        (best, least) = ((stays, goes), change);
                    }
                }
            }

            return best;
        }

        private void Change(int channel, int sign)
        {
            _ = sign > 0 ? _gone.Add(channel) : _gone.Remove(channel);
            for (int other = 0; other < _shared.Length; other++)
            {
                _shared[other] += sign * error[other, channel];
            }
        }
    }
}
