namespace Coppice.Pruning;

/// <summary>
/// Weights of candidates that are done with are large objects of the managed heap, which the collector leaves where they are until the machine's memory is scarce, not the user's limit: without
/// this, gigabytes of them. Collecting costs milliseconds, for there are few objects and nearly all are garbage.
/// </summary>
internal static class GarbageBound
{
    /// <summary>Part of the memory for candidates that garbage may take in addition.</summary>
    private const int Part = 16;

    /// <summary>Less is never worth a collection.</summary>
    private const long Least = 32 << 20;

    private static long _live = long.MaxValue;

    /// <summary>Bytes of garbage before it is collected.</summary>
    /// <param name="memoryBytes">Memory for candidates.</param>
    public static long MostBytes(long memoryBytes) => Math.Max(Least, memoryBytes / Part);

    /// <summary>Collects garbage if there may be much of it.</summary>
    /// <param name="memoryBytes">Memory for candidates.</param>
    public static void Keep(long memoryBytes)
    {
        long present = GC.GetTotalMemory(forceFullCollection: false), live = Interlocked.Read(ref _live);
        if (live == long.MaxValue || present - live > MostBytes(memoryBytes))
        {
            Collect();
        }
    }

    /// <summary>Collects it, where much is known to be garbage that was in use a moment ago.</summary>
    public static void Collect()
    {
        GC.Collect();
        Interlocked.Exchange(ref _live, GC.GetTotalMemory(forceFullCollection: false));
    }
}
