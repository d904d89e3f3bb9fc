using Coppice.Search.Termination;

namespace Coppice.Search;

/// <summary>What has to be saved to go on with a search later, in another process: it goes through JSON unharmed.</summary>
/// <typeparam name="TState">The state of the algorithm.</typeparam>
/// <param name="State">Where the algorithm stands.</param>
/// <param name="Progress">How far the run has come, so that a termination decides as in an unbroken run.</param>
public sealed record SearchCheckpoint<TState>(TState State, SearchProgress Progress);

/// <summary>How a search ended.</summary>
/// <typeparam name="TState">The state of the algorithm.</typeparam>
/// <param name="Last">Where it stood; it can be resumed under another termination.</param>
/// <param name="StopReason">Why it ended, as a phrase for a report.</param>
public sealed record SearchResult<TState>(SearchCheckpoint<TState> Last, string StopReason)
{
    /// <summary>Where the algorithm stood at the end.</summary>
    public TState State => Last.State;

    /// <summary>How far the run came.</summary>
    public SearchProgress Progress => Last.Progress;
}
