namespace Coppice.Tensors;

/// <summary>
/// An arena: tensors made on this thread while the scope is the innermost one are freed when it ends, so that no activation
/// waits for the garbage collector. Scopes nest and are per thread; do not hold one across an <c>await</c>.
/// </summary>
/// <example>
/// <code>
/// using var scope = new TensorScope();
/// return x.MatMul(y).Relu().Keep();   // the product dies here, the result lives on
/// </code>
/// </example>
public sealed class TensorScope : IDisposable
{
    [ThreadStatic]
    private static TensorScope? _current;

    private readonly TensorScope? _outer;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<Tensor?> _tensors = [];
    private bool _ended;

    /// <summary>Begins a scope inside the thread's current one.</summary>
    public TensorScope()
    {
        _outer = _current;
        _current = this;
    }

    /// <summary>The innermost scope of the calling thread, or null.</summary>
    public static TensorScope? Current => _current;

    /// <summary>Takes a tensor out of the scope: the caller frees it. A tensor of no scope stays as it is.</summary>
    /// <returns>The tensor.</returns>
    public Tensor Keep(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        RequireOwnThread("Keep");
        if (tensor.Owner == this) Forget(tensor);
        return tensor;
    }

    /// <summary>Hands a tensor to the enclosing scope, which frees it at its own end; with no enclosing scope the caller frees it.</summary>
    /// <returns>The tensor.</returns>
    public Tensor MoveToOuter(Tensor tensor)
    {
        Keep(tensor);
        if (tensor.Owner is null) _outer?.Add(tensor);
        return tensor;
    }

    /// <summary>Frees what was made inside and not kept.</summary>
    /// <exception cref="InvalidOperationException">An inner scope is still open, or this is another thread.</exception>
    public void Dispose()
    {
        if (_ended) return;
        RequireOwnThread("Dispose");
        if (_current != this)
        {
            throw new InvalidOperationException("A TensorScope ends before one that began inside it: dispose the inner one first.");
        }
        _ended = true;
        _current = _outer;
        foreach (var tensor in _tensors)
        {
            if (tensor is null) continue;
            tensor.Owner = null;
            tensor.Dispose();
        }
        _tensors.Clear();
    }

    internal void Add(Tensor tensor)
    {
        tensor.Owner = this;
        tensor.Slot = _tensors.Count;
        _tensors.Add(tensor);
    }

    /// <summary>Drops a tensor that was disposed by hand; from another thread it stays listed, which is harmless.</summary>
    internal void ForgetDisposed(Tensor tensor)
    {
        if (Environment.CurrentManagedThreadId == _thread) Forget(tensor);
    }

    private void Forget(Tensor tensor)
    {
        _tensors[tensor.Slot] = null;
        tensor.Owner = null;
        while (_tensors.Count > 0 && _tensors[^1] is null) _tensors.RemoveAt(_tensors.Count - 1);
    }

    private void RequireOwnThread(string operation)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            throw new InvalidOperationException(
                $"{operation} of a TensorScope from another thread than its own: scopes belong to one thread, do not hold one across an await.");
        }
    }
}
