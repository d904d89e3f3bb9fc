using System.Globalization;
using Coppice.Tensors;

namespace Coppice.Pruning;

/// <summary>What a limit on the memory of this process leaves for the candidates of a search; while it is open, oneDNN keeps no more compiled kernels than belong to it.</summary>
internal sealed class MemoryLimit : IDisposable
{
    /// <summary>What the program takes as it works, beside what is counted: compiled code, pages that the allocator keeps. Measured by <c>bench/run memory</c>.</summary>
    private const long Program = 384L << 20;

    /// <summary>Part of a limit that compiled kernels may take.</summary>
    private const int KernelPart = 32;

    /// <summary>Code of a kernel and what belongs to it, put high.</summary>
    private const int BytesOfKernel = 512 << 10;

    /// <summary>A walk needs some dozens; more than the most are never kept.</summary>
    private const int LeastKernels = 64, MostKernels = 1024;

    private readonly int? _kernelsBefore;

    private MemoryLimit(long forCandidates, int? kernels)
    {
        ForCandidates = forCandidates;
        _kernelsBefore = kernels is { } count ? PackedConvolution.KeepKernels(count) : null;
    }

    /// <summary>Bytes for candidates.</summary>
    public long ForCandidates { get; }

    /// <summary>Mebibytes that hold so many bytes.</summary>
    public static long MebibytesFor(long bytes) => (bytes + (1 << 20) - 1) >> 20;

    /// <summary>Looks what is left, once libraries, network and images are loaded.</summary>
    /// <param name="limit">Memory of the process in bytes; null for no limit: candidates then take half of what there is.</param>
    /// <exception cref="CoppiceException">The limit leaves nothing.</exception>
    public static MemoryLimit Open(long? limit)
    {
        if (limit is not { } bytes)
        {
            return new(PruningProblem.HalfOfTheMemory, kernels: null);
        }

        GC.Collect(); // what loading has left behind is not taken
        int kernels = (int)Math.Clamp(bytes / KernelPart / BytesOfKernel, LeastKernels, MostKernels);
        long taken = Environment.WorkingSet + Program + ((long)kernels * BytesOfKernel) + GarbageBound.MostBytes(bytes);
        return bytes > taken ? new(bytes - taken, kernels) : throw new CoppiceException(string.Create(
            CultureInfo.InvariantCulture,
            $"Cannot search within {bytes >> 20} MiB: program, network and images take {taken >> 20} MiB before the first candidate is scored; give more with --memory."));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_kernelsBefore is { } count)
        {
            PackedConvolution.KeepKernels(count);
        }
    }
}
