using System.Collections.Immutable;

namespace Coppice.Search.Termination;

/// <summary>Stops as soon as one of its parts does, and gives the reason of the first that does.</summary>
/// <param name="parts">The conditions, in the order in which they are asked.</param>
public sealed class AnyOf(params ImmutableArray<ITermination> parts) : ITermination
{
    /// <inheritdoc/>
    public string? ReasonToStop(SearchProgress progress) =>
        parts.Select(part => part.ReasonToStop(progress)).FirstOrDefault(reason => reason is not null);
}
