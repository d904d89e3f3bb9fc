using Coppice.Pruning;

namespace Coppice.Tests.PruningMethods;

public sealed class OrderedPartsTests
{
    [Fact]
    public void Parts_are_told_in_their_order_however_they_come()
    {
        var told = new List<int>();
        var parts = new OrderedParts(_ => { });

        foreach (int part in (int[])[2, 0, 3, 1, 4])
        {
            parts.Complete(part, () => told.Add(part));
            if (part == 3)
            {
                Assert.Equal([0], told);
            }
        }

        Assert.Equal([0, 1, 2, 3, 4], told);
    }

    /// <summary>Whole candidates are told, once and never fewer: 0.5 + 0.6 are one, then two.</summary>
    [Fact]
    public void Progress_counts_whole_candidates_of_all_parts()
    {
        var told = new List<int>();
        var parts = new OrderedParts(told.Add);

        parts.Advance(0, 0.5);
        parts.Advance(1, 0.6);
        parts.Advance(0, 0.3);
        parts.Advance(0, 1.2);
        parts.Advance(1, 3);

        Assert.Equal([1, 4], told);
    }
}
