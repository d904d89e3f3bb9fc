using System.Runtime.ExceptionServices;

namespace Coppice.Tensors;

/// <summary>
/// Items that several threads work on: each is taken by one, in their order. Once one has failed none is taken any more, and those under way are asked to stop; that they then do is not told,
/// only why they had to.
/// </summary>
/// <param name="items">The items.</param>
/// <param name="cancellation">Stops everything.</param>
internal sealed class WorkQueue<T>(IEnumerable<T> items, CancellationToken cancellation) : IDisposable
{
    private readonly IEnumerator<T> _items = items.GetEnumerator();
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    private readonly Lock _gate = new();
    private ExceptionDispatchInfo? _failure;

    /// <summary>Works on items until there are no more.</summary>
    public void Work(Action<T, CancellationToken> work)
    {
        try
        {
            while (TryTake(out var item))
            {
                work(item, _stop.Token);
            }
        }
        catch (Exception failure)
        {
            lock (_gate)
            {
                _failure ??= ExceptionDispatchInfo.Capture(failure);
            }

            _stop.Cancel();
        }
    }

    /// <summary>Throws the first failure, as it was; a cancellation of everything in its place.</summary>
    public void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            cancellation.ThrowIfCancellationRequested();
            _failure.Throw();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _items.Dispose();
        _stop.Dispose();
    }

    private bool TryTake(out T item)
    {
        lock (_gate)
        {
            bool isThere = _failure is null && _items.MoveNext();
            item = isThere ? _items.Current : default!;
            return isThere;
        }
    }
}
