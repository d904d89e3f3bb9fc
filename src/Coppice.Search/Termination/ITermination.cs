namespace Coppice.Search.Termination;

/// <summary>Decides when a search ends: a pure function of its progress.</summary>
public interface ITermination
{
    /// <summary>Why the search shall stop now, as a phrase for the report, or null to go on.</summary>
    /// <param name="progress">How far the search has come.</param>
    string? ReasonToStop(SearchProgress progress);
}
