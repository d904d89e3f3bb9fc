using Coppice.Criteria;

namespace Coppice.Pruning;

/// <summary>Says which of the groups that may lose channels a method has left whole because it can say nothing of them.</summary>
public static class LeftWhole
{
    private const int Named = 3;

    /// <summary>A sentence for the user, or null where a criterion can score all groups of a space.</summary>
    /// <param name="method">Name of the method or criterion.</param>
    /// <param name="criterion">What scores the groups.</param>
    /// <param name="space">The space before what cannot be scored was left out.</param>
    public static string? Note(string method, IFilterCriterion criterion, PruningSpace space) =>
        Note(method, space.Groups.Select(group => criterion.Obstacle(space.Units.Network, group)));

    /// <summary>A sentence for the user, or null where no group is left whole.</summary>
    /// <param name="method">Name of the method or criterion.</param>
    /// <param name="obstacles">For each group why it stays whole, or null where it need not.</param>
    public static string? Note(string method, IEnumerable<string?> obstacles)
    {
        string?[] all = [.. obstacles];
        string[] reasons = [.. all.OfType<string>()];
        string more = reasons.Length > Named ? $"; and {reasons.Length - Named} more" : "";
        return reasons.Length == 0 ? null : $"'{method}' leaves {reasons.Length} of {all.Length} channel groups whole: {string.Join("; ", reasons.Take(Named))}{more}.";
    }
}
