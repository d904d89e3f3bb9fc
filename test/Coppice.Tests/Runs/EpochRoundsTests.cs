using System.Collections.Immutable;
using Coppice.Runs;

namespace Coppice.Tests.Runs;

public sealed class EpochRoundsTests
{
    [Theory]
    [InlineData("2 2 2", 2, "0 1|0 2|1 2")]
    [InlineData("2 2 2 2", 2, "0 1|0 1|2 3|2 3")]
    [InlineData("1 1 1", 2, "0 1|2")]
    [InlineData("3 1 1", 2, "0 1|0 2|0")]
    [InlineData("1 1 3", 2, "0 2|1 2|2")]
    [InlineData("2 2 2", 1, "0|0|1|1|2|2")]
    [InlineData("2 2 2", 16, "0 1 2|0 1 2")]
    [InlineData("", 2, "")]
    public void Rounds_by_hand(string epochs, int lanes, string expected) =>
        Assert.Equal(expected, string.Join('|', EpochRounds.Of(Parsed(epochs), lanes).Select(round => string.Join(' ', round))));

    /// <summary>No schedule is shorter: the longest training needs as many rounds as it has epochs, and all of them as many as fill the lanes.</summary>
    [Theory]
    [InlineData("5 2 7 1 1 4 3", 3)]
    [InlineData("1 1 1 1 9", 4)]
    [InlineData("6 6 6 6 6", 4)]
    public void Everybody_gets_its_epochs_in_as_few_rounds_as_there_can_be(string epochs, int lanes)
    {
        var trainings = Parsed(epochs);

        ImmutableArray<int>[] rounds = [.. EpochRounds.Of(trainings, lanes)];

        Assert.Equal(Math.Max(trainings.Max(), (int)Math.Ceiling(trainings.Sum() / (double)lanes)), rounds.Length);
        Assert.All(rounds, round => Assert.InRange(round.Length, 1, lanes));
        Assert.All(rounds, round => Assert.Equal(round.Distinct(), round));
        Assert.All(trainings.Index(), training => Assert.Equal(training.Item, rounds.Count(round => round.Contains(training.Index))));
    }

    private static ImmutableArray<int> Parsed(string epochs) => [.. epochs.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
}
