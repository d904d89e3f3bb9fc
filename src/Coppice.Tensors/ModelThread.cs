using System.Collections.Concurrent;

namespace Coppice.Tensors;

/// <summary>
/// A thread that runs models, one piece of work after the other. Gradient recording, inference mode and the number of
/// OpenMP threads belong to a thread, so asynchronous code hands its tensor work to one of these instead of the thread pool.
/// </summary>
public sealed class ModelThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private readonly int _threads;
    private bool _isPrepared; // seen by the thread alone

    /// <summary>Starts the thread.</summary>
    /// <param name="threads">Threads that each operation may use; 0 for the process's <see cref="TorchOptions.Threads"/>.</param>
    /// <param name="name">Name of the thread in a debugger.</param>
    public ModelThread(int threads = 0, string name = "model")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        _threads = threads;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Runs work on the thread, after what was given before.</summary>
    /// <param name="work">The work; its exception becomes the task's.</param>
    /// <param name="cancellation">Cancels the task as long as the work has not begun.</param>
    /// <exception cref="ObjectDisposedException">The thread has been told to end.</exception>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Enqueue(() => Complete(completion, work, cancellation));
        return completion.Task;
    }

    /// <inheritdoc cref="RunAsync{T}(Func{T}, CancellationToken)"/>
    public Task RunAsync(Action work, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return RunAsync(
            () =>
            {
                work();
                return true;
            },
            cancellation);
    }

    /// <summary>Lets the work given so far finish, then ends the thread.</summary>
    public void Dispose()
    {
        if (_work.IsAddingCompleted) return;
        _work.CompleteAdding();
        if (Thread.CurrentThread != _thread) _thread.Join();
    }

    private void Complete<T>(TaskCompletionSource<T> completion, Func<T> work, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            completion.SetCanceled(cancellation);
            return;
        }
        try
        {
            Prepare();
            completion.SetResult(work());
        }
        catch (OperationCanceledException error) when (error.CancellationToken.IsCancellationRequested)
        {
            completion.SetCanceled(error.CancellationToken);
        }
        catch (Exception error)
        {
            completion.SetException(error); // the caller's await throws it
        }
    }

    private void Enqueue(Action item)
    {
        try
        {
            _work.Add(item);
        }
        catch (InvalidOperationException)
        {
            throw new ObjectDisposedException(nameof(ModelThread));
        }
    }

    private void Run()
    {
        foreach (var item in _work.GetConsumingEnumerable()) item();
    }

    // Before the first work and not when the thread starts, so that a missing library fails a task and not the process.
    private void Prepare()
    {
        if (_isPrepared) return;
        if (_threads > 0) TorchRuntime.Threads = _threads;
        else TorchRuntime.PrepareThread();
        _isPrepared = true;
    }
}
