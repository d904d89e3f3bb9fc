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

    private static int Add(List<int> list, int item)
    {
        list.Add(item);
        return list.Count;
    }
}
