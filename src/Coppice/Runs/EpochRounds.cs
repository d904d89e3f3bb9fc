using System.Collections.Immutable;

namespace Coppice.Runs;

/// <summary>
/// Divides trainings of several epochs among lanes, so that the last ends as early as possible where epochs take equally long: after as many rounds as the longest training has epochs, or as all of them
/// together fill (McNaughton, Scheduling with Deadlines and Loss Functions, Management Science 1959). So three trainings of two epochs take three rounds on two lanes, not four. Each round takes
/// those that could not be ready in time otherwise, then others in their order, so that few wait half-way.
/// </summary>
internal static class EpochRounds
{
    /// <summary>Who is trained for an epoch, round by round: nobody twice in a round, and everybody in as many rounds as it has epochs.</summary>
    /// <param name="epochs">Epochs of each training.</param>
    /// <param name="lanes">Trainings at a time.</param>
    /// <returns>Positions of the trainings, ascending.</returns>
    public static IEnumerable<ImmutableArray<int>> Of(ImmutableArray<int> epochs, int lanes)
    {
        int[] left = [.. epochs];
        for (int rounds = Math.Max(epochs.DefaultIfEmpty().Max(), (epochs.Sum() + lanes - 1) / lanes); rounds > 0; rounds--)
        {
            ImmutableArray<int> round = [.. Enumerable.Range(0, left.Length).Where(training => left[training] > 0).OrderByDescending(training => left[training] == rounds).Take(lanes).Order()];
            foreach (int training in round)
            {
                left[training]--;
            }

            yield return round;
        }
    }
}
