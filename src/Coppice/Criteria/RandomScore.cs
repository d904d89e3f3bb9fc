using Coppice.Graph.Channels;
using Coppice.Search;

namespace Coppice.Criteria;

/// <summary>
/// Scores drawn from U(0, 1): the control that a criterion must beat (Mittal, Bhardwaj, Khapra &amp; Ravindran, WACV 2018, found that after fine-tuning few do).
/// </summary>
public sealed class RandomScore : IFilterCriterion
{
    private const ulong Stream = 0x52534352;

    /// <inheritdoc/>
    public string Name => "random-channels";

    /// <inheritdoc/>
    public string Paper => "Mittal et al., Recovering from Random Pruning, WACV 2018";

    /// <inheritdoc/>
    public bool IsComparable => true;

    /// <inheritdoc/>
    public bool DrawsByChance => true;

    /// <inheritdoc/>
    public double[] Score(ScoringContext context, ChannelGroup group)
    {
        var rng = Rng.For(context.Seed, Stream, (ulong)group.Index);
        return [.. Enumerable.Range(0, group.Size).Select(_ => rng.NextDouble())];
    }
}
