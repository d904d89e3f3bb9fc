using Coppice.Data;

namespace Coppice.Tests.Data;

public sealed class PrefetcherTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Next_gives_the_items_in_order_when_they_are_finished_out_of_order()
    {
        using var secondIsMade = new ManualResetEventSlim();
        using var prefetcher = new Prefetcher<string>(
            (number, stop) =>
            {
                if (number == 5) Assert.True(secondIsMade.Wait(Patience, stop));
                if (number == 6) secondIsMade.Set();
                return $"item {number}";
            },
            start: 5, end: 8, workers: 2, capacity: 2);

        string[] items = [.. Enumerable.Range(0, 3).Select(_ => prefetcher.Next(CancellationToken.None))];

        Assert.Equal<string>(["item 5", "item 6", "item 7"], items);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Workers_run_no_further_ahead_than_the_capacity(int workers)
    {
        int made = 0, tooFarAhead = 0, given = 0;
        using var prefetcher = new Prefetcher<string>(
            (number, _) =>
            {
                if (number >= Volatile.Read(ref given) + 3) Interlocked.Increment(ref tooFarAhead);
                Interlocked.Increment(ref made);
                return "";
            },
            start: 0, end: 200, workers, capacity: 3);

        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref made) == 3, Patience)); // fills up by itself
        for (int i = 0; i < 200; i++)
        {
            Interlocked.Increment(ref given); // before Next frees the place, so never too strict
            prefetcher.Next(CancellationToken.None);
        }

        Assert.Equal(200, made);
        Assert.Equal(0, tooFarAhead);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Fault_of_a_worker_is_thrown_where_its_item_would_have_come(int workers)
    {
        using var prefetcher = new Prefetcher<string>(
            (number, _) => number == 2 ? throw new InvalidOperationException("item 2 is bad") : $"item {number}",
            start: 0, end: 10, workers, capacity: 3);

        Assert.Equal("item 0", prefetcher.Next(CancellationToken.None));
        Assert.Equal("item 1", prefetcher.Next(CancellationToken.None));
        var fault = Assert.Throws<InvalidOperationException>(() => prefetcher.Next(CancellationToken.None));

        Assert.Equal("item 2 is bad", fault.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Dispose_ends_workers_that_wait_for_a_place(int workers)
    {
        int made = 0;
        var prefetcher = new Prefetcher<string>(
            (_, _) =>
            {
                Interlocked.Increment(ref made);
                return "";
            },
            start: 0, end: 1_000, workers, capacity: 3);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref made) == 3, Patience));
        Assert.Equal(workers, prefetcher.Workers.Count(thread => thread.IsAlive));

        prefetcher.Dispose();

        Assert.DoesNotContain(prefetcher.Workers, thread => thread.IsAlive);
        Assert.Equal(3, made);
    }

    [Fact]
    public void Dispose_tells_workers_that_are_making_an_item_to_stop()
    {
        using var started = new ManualResetEventSlim();
        bool told = false;
        var prefetcher = new Prefetcher<string>(
            (_, stop) =>
            {
                started.Set();
                told = stop.WaitHandle.WaitOne(Patience);
                stop.ThrowIfCancellationRequested();
                return "";
            },
            start: 0, end: 1_000, workers: 1, capacity: 3);
        Assert.True(started.Wait(Patience));

        prefetcher.Dispose();

        Assert.True(told);
        Assert.DoesNotContain(prefetcher.Workers, thread => thread.IsAlive);
    }

    [Fact]
    public async Task Cancellation_wakes_a_consumer_that_waits()
    {
        using var cancellation = new CancellationTokenSource();
        using var prefetcher = new Prefetcher<string>(
            (_, stop) =>
            {
                stop.WaitHandle.WaitOne(Patience);
                return "";
            },
            start: 0, end: 1, workers: 1, capacity: 1);

        var waiting = Task.Run(() => prefetcher.Next(cancellation.Token));
        cancellation.CancelAfter(20);

        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
    }

    [Fact]
    public void There_are_never_more_workers_than_places_or_items()
    {
        using var byCapacity = new Prefetcher<string>((_, _) => "", start: 0, end: 100, workers: 9, capacity: 2);
        using var byItems = new Prefetcher<string>((_, _) => "", start: 7, end: 8, workers: 9, capacity: 4);

        Assert.Equal(2, byCapacity.Workers.Count);
        Assert.Single(byItems.Workers);
    }
}
