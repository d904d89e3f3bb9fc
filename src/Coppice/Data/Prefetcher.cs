using System.Runtime.ExceptionServices;

namespace Coppice.Data;

/// <summary>
/// Makes numbered items on threads of its own, at most <c>capacity</c> ahead, and gives them out in order. Threads, not tasks: the pool
/// belongs to others, and a blocked pool thread would starve them.
/// </summary>
internal sealed class Prefetcher<T> : IDisposable
    where T : class
{
    private readonly Func<int, CancellationToken, T> _make;
    private readonly int _end;
    private readonly Outcome?[] _ready;
    private readonly Thread[] _workers;
    private readonly CancellationTokenSource _stop = new();
    private readonly object _gate = new();
    private int _nextToMake;
    private int _nextToGive;

    /// <summary>Starts the workers; with none, <see cref="Next"/> makes the items itself.</summary>
    public Prefetcher(Func<int, CancellationToken, T> make, int start, int end, int workers, int capacity)
    {
        (_make, _end, _nextToMake, _nextToGive) = (make, end, start, start);
        _ready = new Outcome?[capacity];

        // More workers than places could never all be busy.
        _workers = new Thread[Math.Min(Math.Min(workers, capacity), end - start)];
        for (int i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new Thread(Work) { IsBackground = true, Name = $"coppice data {i}" };
            _workers[i].Start();
        }
    }

    /// <summary>The threads; for tests.</summary>
    internal IReadOnlyList<Thread> Workers => _workers;

    /// <summary>The next item, when it is ready.</summary>
    public T Next(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_workers.Length == 0) return _make(_nextToGive++, cancellation);

        using var wakeUp = cancellation.UnsafeRegister(static self => ((Prefetcher<T>)self!).WakeAll(), this);
        Outcome outcome;
        lock (_gate)
        {
            ref var place = ref _ready[_nextToGive % _ready.Length];
            while (place is null)
            {
                cancellation.ThrowIfCancellationRequested();
                Monitor.Wait(_gate);
            }

            (outcome, place) = (place, null);
            _nextToGive++;
            Monitor.PulseAll(_gate);
        }

        outcome.Fault?.Throw();
        return outcome.Item!;
    }

    /// <summary>Stops the workers and waits until they have ended.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        WakeAll();
        foreach (var worker in _workers) worker.Join();
        _stop.Dispose();
    }

    private void Work()
    {
        while (Claim() is { } number)
        {
            var outcome = Make(number);
            lock (_gate)
            {
                _ready[number % _ready.Length] = outcome;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>The next number to make, as soon as there is a place for it; null when there is nothing left to do.</summary>
    private int? Claim()
    {
        lock (_gate)
        {
            while (!_stop.IsCancellationRequested && _nextToMake < _end && _nextToMake >= _nextToGive + _ready.Length) Monitor.Wait(_gate);
            return _stop.IsCancellationRequested || _nextToMake >= _end ? null : _nextToMake++;
        }
    }

    private Outcome Make(int number)
    {
        try
        {
            return new(_make(number, _stop.Token), Fault: null);
        }
        catch (Exception fault)
        {
            // Whatever it is, it belongs to the consumer: an exception that ends a thread would end the process.
            return new(Item: null, ExceptionDispatchInfo.Capture(fault));
        }
    }

    private void WakeAll()
    {
        lock (_gate) Monitor.PulseAll(_gate);
    }

    private sealed record Outcome(T? Item, ExceptionDispatchInfo? Fault);
}
