using System.Runtime.CompilerServices;
using Coppice.Pruning;

namespace Coppice.Tests.PruningMethods;

public sealed class GarbageBoundTests
{
    /// <summary>96 MiB in large objects that nobody holds: more than the 64 MiB that garbage may take beside candidates of 1 GiB.</summary>
    [Fact]
    public void Garbage_that_takes_too_much_is_collected()
    {
        GarbageBound.Keep(1L << 30);
        var garbage = Waste();

        GarbageBound.Keep(1L << 30);

        Assert.All(garbage, array => Assert.False(array.IsAlive));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Waste() => [.. Enumerable.Range(0, 6).Select(_ => new WeakReference(new byte[16 << 20]))];
}
