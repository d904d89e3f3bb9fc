using System.Collections.Concurrent;

namespace Coppice.Tensors;

/// <summary>
/// A thread that runs models, one piece of work after the other. Gradient recording, inference mode and the number of
/// OpenMP threads belong to a thread, so asynchronous code hands its tensor work to one of these instead of the thread pool.
/// Work that falls into independent pieces can go on in several at a time (<see cref="ForEach{T}(IEnumerable{T}, Action{T, CancellationToken}, int, CancellationToken)"/>): small networks use cores better side by side than together.
/// </summary>
public sealed class ModelThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private readonly int _threads;
    private readonly string _name;
    private readonly List<ModelThread> _helpers = []; // both seen by the thread alone
    private bool _isPrepared;

    /// <summary>Starts the thread.</summary>
    /// <param name="threads">Threads that each operation may use; 0 for the process's <see cref="TorchOptions.Threads"/>.</param>
    /// <param name="name">Name of the thread in a debugger.</param>
    /// <param name="jobs">Pieces of work of a <see cref="ForEach{T}(IEnumerable{T}, Action{T, CancellationToken}, int, CancellationToken)"/> at a time, which share the threads.</param>
    public ModelThread(int threads = 0, string name = "model", int jobs = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(jobs);
        (_threads, _name, Jobs) = (threads, name, jobs);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Pieces of work of a <see cref="ForEach{T}(IEnumerable{T}, Action{T, CancellationToken}, int, CancellationToken)"/> at a time.</summary>
    public int Jobs { get; }

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

    /// <summary>
    /// Works on items, several at a time, from this thread: here and on helpers, each of which has its share of the threads. Items are taken in their order, each when a worker is free for it,
    /// so an item's place may be computed late. After a failure no further item is begun, and those under way are asked to stop.
    /// </summary>
    /// <param name="items">The items; enumerated by one worker at a time, whichever that is.</param>
    /// <param name="work">
    /// What is done with each, and what asks it to stop; must not share tensors that are written to. Trainings must be of one precision: libtorch convolves through oneDNN, which in version 2.6 mixes up
    /// convolutions of two types that are prepared at the same time (<see cref="PackedConvolution"/> guards its own).
    /// </param>
    /// <param name="atATime">Most items at a time; never more than <see cref="Jobs"/>.</param>
    /// <param name="cancellation">Asks all to stop.</param>
    /// <exception cref="InvalidOperationException">The caller is not on this thread; that goes for <paramref name="work"/> too, which cannot divide itself further.</exception>
    public void ForEach<T>(IEnumerable<T> items, Action<T, CancellationToken> work, int atATime = int.MaxValue, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(work);
        if (Thread.CurrentThread != _thread) throw new InvalidOperationException("Only work that runs on the model thread can divide itself.");
        int workers = Math.Min(Jobs, atATime);
        using var queue = new WorkQueue<T>(items, cancellation);
        if (workers <= 1)
        {
            queue.Work(work);
        }
        else
        {
            WorkSideBySide(workers, () => queue.Work(work));
        }

        queue.ThrowIfFailed();
    }

    /// <inheritdoc cref="ForEach{T}(IEnumerable{T}, Action{T, CancellationToken}, int, CancellationToken)"/>
    public void ForEach<T>(IEnumerable<T> items, Action<T> work, int atATime = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(work);
        ForEach(items, (item, _) => work(item), atATime);
    }

    /// <summary>Equal shares: what is left over idles, for whose share it became would depend on who is first.</summary>
    private void WorkSideBySide(int workers, Action work)
    {
        int all = TorchRuntime.Threads, each = Math.Max(1, all / workers);
        void WorkWithShare()
        {
            TorchRuntime.Threads = each;
            work();
        }

        Task[] helping = [.. Helpers(workers - 1).Select(helper => helper.RunAsync(WorkWithShare))];
        try
        {
            WorkWithShare();
        }
        finally
        {
            Task.WaitAll(helping);
            TorchRuntime.Threads = all; // last, for libtorch keeps one number for the process too
        }
    }

    /// <summary>Lets the work given so far finish, then ends the thread and its helpers.</summary>
    public void Dispose()
    {
        if (_work.IsAddingCompleted) return;
        _work.CompleteAdding();
        if (Thread.CurrentThread != _thread) _thread.Join();
    }

    private IEnumerable<ModelThread> Helpers(int count)
    {
        while (_helpers.Count < count)
        {
            _helpers.Add(new(1, FormattableString.Invariant($"{_name} {_helpers.Count + 1}")));
        }

        return _helpers.Take(count);
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
        foreach (var helper in _helpers) helper.Dispose();
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
