using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

public sealed class ModelThreadTests() : LeakCheck(scoped: false)
{
    [Fact]
    public async Task Work_runs_in_order_on_one_thread_with_its_own_number_of_threads()
    {
        using var thread = new ModelThread(threads: 1);
        var order = new List<int>();

        var first = thread.RunAsync(() => (Id: Environment.CurrentManagedThreadId, Threads: TorchRuntime.Threads, Count: Add(order, 1)));
        var second = thread.RunAsync(() => (Id: Environment.CurrentManagedThreadId, Threads: TorchRuntime.Threads, Count: Add(order, 2)));

        var (a, b) = (await first, await second);
        Assert.Equal(a.Id, b.Id);
        Assert.Equal((1, 1), (a.Threads, b.Threads));
        Assert.Equal([1, 2], order);
    }

    [Fact]
    public async Task Modes_do_not_leak_across_threads()
    {
        using ModelThread first = new(), second = new();
        ThreadModeScope? noGradients = null, inference = null;
        await first.RunAsync(() =>
        {
            noGradients = GradMode.Disable();
            inference = InferenceMode.Enable();
        });

        Assert.True(await first.RunAsync(() => !GradMode.IsEnabled && InferenceMode.IsEnabled));
        Assert.True(await second.RunAsync(() => GradMode.IsEnabled && !InferenceMode.IsEnabled));
        await second.RunAsync(() => Assert.Throws<InvalidOperationException>(noGradients!.Dispose));

        await first.RunAsync(() =>
        {
            inference!.Dispose();
            noGradients!.Dispose();
        });
        Assert.True(await first.RunAsync(() => GradMode.IsEnabled && !InferenceMode.IsEnabled));
    }

    [Fact]
    public async Task Tensors_made_on_the_thread_are_not_of_the_callers_scope()
    {
        using var thread = new ModelThread();
        Task<Tensor> pending;
        using (new TensorScope()) pending = thread.RunAsync(() => Tensor.Full([2], 3));

        using var made = await pending;

        Assert.Null(made.Owner);
        Assert.Equal([3f, 3], made.ToArray<float>());
    }

    [Fact]
    public async Task An_exception_becomes_the_tasks_and_the_thread_goes_on()
    {
        using var thread = new ModelThread();

        await Assert.ThrowsAsync<TorchException>(() => thread.RunAsync(() =>
        {
            using var scope = new TensorScope();
            Tensor.Ones([2]).View(3);
        }));

        Assert.Equal(5, await thread.RunAsync(() => 5));
    }

    [Fact]
    public async Task Cancelled_work_does_not_begin()
    {
        using var thread = new ModelThread();
        using var cancellation = new CancellationTokenSource();
        using var gate = new ManualResetEventSlim();
        bool began = false;

        var blocking = thread.RunAsync(gate.Wait);
        var waiting = thread.RunAsync(() => began = true, cancellation.Token);
        await cancellation.CancelAsync();
        gate.Set();

        await blocking;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(began);
    }

    [Fact]
    public async Task Dispose_finishes_the_work_given_before_and_refuses_more()
    {
        var thread = new ModelThread();
        var work = thread.RunAsync(() => 7);

        thread.Dispose();
        thread.Dispose();

        Assert.True(work.IsCompletedSuccessfully);
        Assert.Equal(7, await work);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => thread.RunAsync(() => 1));
    }

    /// <summary>libtorch keeps a number for the process as well, and gives it to a thread at its first operation: not to one that has a number of its own.</summary>
    [Fact]
    public async Task Number_of_threads_is_not_what_another_thread_has_set_meanwhile()
    {
        using ModelThread one = new(threads: 1), three = new(threads: 3);

        await one.RunAsync(() => { });
        await three.RunAsync(() => { });

        // An operation of ours divides work by a flag of its own.
        await one.RunAsync(() =>
        {
            using var scope = new TensorScope();
            var two = Tensor.Ones([2]);
            Tensor.Ones([3, 2, 4, 4]).BatchNormAct(two, two, null, null, training: true, momentum: 0.1, eps: 1e-5, relu: false);
        });
        Assert.Equal(1, await one.RunAsync(() => TorchRuntime.Threads));
        Assert.Equal(3, await three.RunAsync(() => TorchRuntime.Threads));
    }

    /// <summary>Two items that wait for each other can only end if both are worked on at once; each worker has half of the threads, and afterwards the thread has its own again.</summary>
    [Fact]
    public async Task Items_are_worked_on_side_by_side_with_a_share_of_the_threads()
    {
        using var thread = new ModelThread(threads: 4, jobs: 2);
        using var meeting = new Barrier(2);
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<int, (int Thread, int Threads)>();

        int after = await thread.RunAsync(() =>
        {
            thread.ForEach([1, 2], item =>
            {
                Assert.True(meeting.SignalAndWait(TimeSpan.FromSeconds(30)));
                seen[item] = (Environment.CurrentManagedThreadId, TorchRuntime.Threads);
            });
            return TorchRuntime.Threads;
        });

        Assert.Equal([2, 2], seen.Values.Select(value => value.Threads));
        Assert.NotEqual(seen[1].Thread, seen[2].Thread);
        Assert.Equal(4, after);
    }

    /// <summary>Nobody but the thread itself, in the items' order and with all of its threads: with one job, and where one at a time is asked for.</summary>
    [Theory]
    [InlineData(1, int.MaxValue)]
    [InlineData(2, 1)]
    public async Task Items_are_worked_on_one_by_one_where_that_is_asked_for(int jobs, int atATime)
    {
        using var thread = new ModelThread(threads: 2, jobs: jobs);
        var order = new List<(int Item, int Thread, int Threads)>();

        int id = await thread.RunAsync(() =>
        {
            thread.ForEach(Enumerable.Range(0, 5), item => order.Add((item, Environment.CurrentManagedThreadId, TorchRuntime.Threads)), atATime);
            return Environment.CurrentManagedThreadId;
        });

        Assert.Equal(Enumerable.Range(0, 5).Select(item => (item, id, 2)), order);
    }

    /// <summary>The first of many fails: its exception is the caller's, those after it are not begun, but for the few that were under way, and the thread goes on.</summary>
    [Fact]
    public async Task A_failure_ends_the_work_on_items()
    {
        using var thread = new ModelThread(threads: 2, jobs: 2);
        int begun = 0;

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => thread.RunAsync(() => thread.ForEach(Enumerable.Range(0, 1000), item =>
        {
            Interlocked.Increment(ref begun);
            if (item == 0)
            {
                throw new InvalidDataException("first");
            }

            Thread.Sleep(5);
        })));

        Assert.Equal("first", fault.Message);
        Assert.InRange(begun, 1, 500);
        Assert.Equal(5, await thread.RunAsync(() => 5));
    }

    [Fact]
    public async Task Items_that_are_cancelled_cancel_the_task()
    {
        using var thread = new ModelThread(threads: 2, jobs: 2);
        using var cancellation = new CancellationTokenSource();

        var work = thread.RunAsync(() => thread.ForEach(Enumerable.Range(0, 1000), _ =>
        {
            cancellation.Cancel();
            cancellation.Token.ThrowIfCancellationRequested();
        }));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
        Assert.True(work.IsCanceled);
    }

    [Fact]
    public void Only_the_thread_itself_can_divide_its_work()
    {
        using var thread = new ModelThread(jobs: 2);

        Assert.Throws<InvalidOperationException>(() => thread.ForEach([1], _ => { }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ModelThread(jobs: 0));
    }

    private static int Add(List<int> list, int item)
    {
        list.Add(item);
        return list.Count;
    }
}
