namespace Coppice.Tensors;

/// <summary>Settings of libtorch for the process.</summary>
public sealed record TorchOptions
{
    /// <summary>Threads that one operation may use, at least 0; 0 = one per core that this process may run on.</summary>
    public int Threads { get; init; }

    /// <summary>Whether floats below 1.2e-38 count as zero. They make a CPU up to a hundred times slower and say nothing about an image.</summary>
    public bool FlushDenormals { get; init; } = true;

    /// <summary>
    /// Whether glibc keeps freed blocks instead of giving them back to the system. Without it every large activation is
    /// mapped and zeroed anew, which costs a third of a training step. Process-wide.
    /// </summary>
    public bool KeepFreedMemory { get; init; } = true;

    /// <summary>
    /// How often a thread of an operation that has nothing left to do looks for the others before it sleeps; null for what OpenMP takes, 300,000 times in GNU's. Where other programs run too, one of two
    /// threads is often held up; the other then spends its time looking, and networks of small layers become many times slower. GNU's OpenMP on Linux only, and only where libtorch is not loaded yet;
    /// what <c>GOMP_SPINCOUNT</c> or <c>OMP_WAIT_POLICY</c> say from outside goes first.
    /// </summary>
    public int? SpinCount { get; init; } = 10_000;
}
