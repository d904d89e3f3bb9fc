using System.Collections.Immutable;

namespace Coppice.Runs;

/// <summary>Tells the observer of each part of a run and keeps how long it took.</summary>
internal sealed class PhaseClock(TimeProvider clock, IRunObserver observer)
{
    private readonly OrderedDictionary<string, double> _seconds = [];
    private string? _present;
    private long _since;

    /// <summary>Ends the part under way and begins another.</summary>
    public void Begin(string phase)
    {
        End();
        (_present, _since) = (phase, clock.GetTimestamp());
        observer.Phase(phase);
    }

    /// <summary>Ends the part under way.</summary>
    /// <returns>Seconds by part, in order.</returns>
    public ImmutableArray<KeyValuePair<string, double>> End()
    {
        if (_present is not null)
        {
            _seconds[_present] = _seconds.GetValueOrDefault(_present) + clock.GetElapsedTime(_since).TotalSeconds;
            _present = null;
        }

        return [.. _seconds];
    }
}
