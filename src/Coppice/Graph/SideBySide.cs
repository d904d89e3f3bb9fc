using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Coppice.Tensors;

namespace Coppice.Graph;

/// <summary>Work on the graphs of many networks, of which none knows of the others.</summary>
internal static class SideBySide
{
    /// <summary>
    /// Maps items, in their order, on as many threads as an operation of the calling thread may use; on that thread alone where it does not run operations. All threads count denormals alike
    /// (<see cref="TorchOptions.FlushDenormals"/>), so that no bit of what is computed depends on their number.
    /// </summary>
    /// <param name="items">The items.</param>
    /// <param name="map">Called from several threads at once; its exception comes out as it is, one of them where there are several.</param>
    public static ImmutableArray<TResult> Select<T, TResult>(ImmutableArray<T> items, Func<T, TResult> map)
    {
        int threads = TorchRuntime.IsThreadPrepared ? Math.Min(TorchRuntime.Threads, items.Length) : 1;
        if (threads <= 1)
        {
            return [.. items.Select(map)];
        }

        var results = new TResult[items.Length];
        try
        {
            Parallel.For(
                0,
                items.Length,
                new() { MaxDegreeOfParallelism = threads },
                TorchRuntime.Visit,
                (i, _, visit) =>
                {
                    results[i] = map(items[i]);
                    return visit;
                },
                visit => visit.Dispose());
        }
        catch (AggregateException faults)
        {
            ExceptionDispatchInfo.Throw(faults.InnerExceptions[0]);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(results);
    }
}
