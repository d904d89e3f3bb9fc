using Coppice.Pruning;
using Coppice.Tensors;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.PruningMethods;

[Collection("tensors")]
public sealed class MemoryLimitTests
{
    [Fact]
    public void Without_a_limit_candidates_take_half_of_what_there_is()
    {
        using var memory = MemoryLimit.Open(null);

        Assert.Equal(PruningProblem.HalfOfTheMemory, memory.ForCandidates);
    }

    /// <summary>Of 64 GiB: what the process has, 384 MiB for the program, 1,024 kernels of 512 KiB, and a sixteenth for garbage.</summary>
    [Fact]
    public void Limit_is_that_of_the_process()
    {
        const long limit = 64L << 30;
        using var memory = MemoryLimit.Open(limit);

        long fixedParts = (384L << 20) + (1024L * (512 << 10)) + (limit / 16);
        Assert.InRange(limit - memory.ForCandidates - fixedParts, 50L << 20, Environment.WorkingSet * 2);
    }

    [Fact]
    public void Limit_that_leaves_nothing_is_refused_with_what_is_taken()
    {
        var fault = Assert.Throws<CoppiceException>(() => MemoryLimit.Open(7L << 20));

        Assert.Matches(@"^Cannot search within 7 MiB: program, network and images take \d{3,} MiB before the first candidate is scored; give more with --memory\.$", fault.Message);
    }

    /// <summary>What a search keeps is not what a later one keeps.</summary>
    [PreparedFact]
    public void Kernels_are_bounded_as_long_as_the_limit_is_open()
    {
        int before = PackedConvolution.KeepKernels(777);
        using (MemoryLimit.Open(16L << 30))
        {
            Assert.Equal(1024, PackedConvolution.KeepKernels(1024));
        }

        Assert.Equal(777, PackedConvolution.KeepKernels(before));
        Assert.Throws<ArgumentOutOfRangeException>(() => PackedConvolution.KeepKernels(-1));
    }
}
