using System.Runtime.ExceptionServices;

namespace Coppice.Tensors;

/// <summary>Items that several threads work on: each is taken by one, in their order, and none any more once one has failed.</summary>
internal sealed class WorkQueue<T>(IEnumerable<T> items) : IDisposable
{
    private readonly IEnumerator<T> _items = items.GetEnumerator();
    private readonly Lock _gate = new();
    private ExceptionDispatchInfo? _failure;

    /// <summary>Works on items until there are no more.</summary>
    public void Work(Action<T> work)
    {
        try
        {
            while (TryTake(out var item))
            {
                work(item);
            }
        }
        catch (Exception failure)
        {
            lock (_gate)
            {
                _failure ??= ExceptionDispatchInfo.Capture(failure);
            }
        }
    }

    /// <summary>Throws the first failure, as it was.</summary>
    public void ThrowIfFailed() => _failure?.Throw();

    /// <inheritdoc/>
    public void Dispose() => _items.Dispose();

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
