namespace Coppice.Tensors;

/// <summary>A mode of the calling thread that ends with Dispose. End nested ones in the reverse order, on the same thread.</summary>
public sealed class ThreadModeScope : IDisposable
{
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private Action? _leave;

    internal ThreadModeScope(Action leave) => _leave = leave;

    /// <summary>Restores the mode that was before. A second call does nothing.</summary>
    /// <exception cref="InvalidOperationException">This is another thread than the one that entered.</exception>
    public void Dispose()
    {
        if (_leave is null) return;
        if (Environment.CurrentManagedThreadId != _thread)
        {
            throw new InvalidOperationException(
                "A thread's mode was left on another thread: do not hold it across an await; run the work on a ModelThread.");
        }
        _leave();
        _leave = null;
    }
}
