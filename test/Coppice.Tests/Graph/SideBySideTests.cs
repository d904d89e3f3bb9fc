using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Tensors;

namespace Coppice.Tests.Graph;

public class SideBySideTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Items_keep_their_order_on_any_number_of_threads(int threads)
    {
        using var thread = new ModelThread(threads);
        ImmutableArray<int> items = [.. Enumerable.Range(0, 200)];

        var squares = await thread.RunAsync(() => SideBySide.Select(items, item => item * item));

        Assert.Equal(items.Select(item => item * item), squares.AsEnumerable());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_fault_comes_out_as_it_is(int threads)
    {
        using var thread = new ModelThread(threads);
        ImmutableArray<int> items = [.. Enumerable.Range(0, 20)];

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => thread.RunAsync(() => SideBySide.Select(items, item => item < 7 ? item : throw new CoppiceException("seven"))));

        Assert.Equal("seven", fault.Message);
    }

    /// <summary>With as many threads as items that wait for each other; with fewer none would ever go on. A model's thread takes denormals for zero, and so must those that help it.</summary>
    [Fact]
    public async Task Threads_of_an_operation_work_side_by_side_and_count_denormals_alike()
    {
        using var thread = new ModelThread(threads: 2);
        using var meeting = new Barrier(2);

        var products = await thread.RunAsync(() => SideBySide.Select([1, 2], _ => (meeting.SignalAndWait(TimeSpan.FromSeconds(20)), DenormalBits())));

        Assert.Equal([(true, 0L), (true, 0L)], products.AsEnumerable());
    }

    [Fact]
    public void Thread_that_runs_no_operations_works_alone_and_keeps_its_denormals()
    {
        var products = ImmutableArray<(int Thread, long Bits)>.Empty;
        var thread = new Thread(() =>
        {
            TorchRuntime.Visit().Dispose(); // a thread begins as the one that made it, a visit ends with denormals kept
            products = SideBySide.Select([1, 2, 3], _ => (Environment.CurrentManagedThreadId, DenormalBits()));
        });

        thread.Start();
        thread.Join();

        Assert.Equal(3, products.Length);
        Assert.All(products, product => Assert.Equal(thread.ManagedThreadId, product.Thread));
        Assert.All(products, product => Assert.NotEqual(0, product.Bits));
    }

    /// <summary>Those of a small number: 0 on a thread that takes it for zero. Not the number itself, which such a thread of the test's would find equal to zero.</summary>
    private static long DenormalBits()
    {
        double[] tiny = [double.Epsilon];
        return BitConverter.DoubleToInt64Bits(Volatile.Read(ref tiny[0]) * 1.5);
    }
}
