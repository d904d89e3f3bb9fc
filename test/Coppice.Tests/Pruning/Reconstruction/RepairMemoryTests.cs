using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Pruning.Reconstruction;
using Coppice.Search;
using Coppice.Tests.PruningMethods;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Pruning.Reconstruction;

/// <summary>What least-squares repair adds to the memory of a search.</summary>
public sealed class RepairMemoryTests() : LeakCheck(scoped: false)
{
    /// <summary>8 bytes for each of 72², 108² and 144² moments: 9 positions of 8 and of 12 channels, and 16 channels of 3 × 3 pixels.</summary>
    private const long Moments = 300_672;

    private const long WidestBlock = 165_888;

    /// <summary>Five times the widest block, and six times the 3 × 144 weights that read it; the 16 × 108 weights of the third convolution are more, but 108² is less.</summary>
    private const long Solving = 850_176;

    [Fact]
    public void Moments_are_the_squares_of_what_layers_read()
    {
        using var small = new SmallProblem();

        Assert.Equal(new(Moments, WidestBlock, Solving), NetworkRepair.MemoryOf(small.Problem.SpaceOf(SmallProblem.Vgg())));
    }

    /// <summary>Of a convolution in two groups of 4 channels each has its own 36²; what reads its 8 channels one by one has 8², and the classifier 4².</summary>
    [Fact]
    public void Groups_of_a_convolution_have_moments_of_their_own()
    {
        using var small = new SmallProblem();
        var network = new NetworkBuilder("grouped", new(1, 9, 9), InitializationScheme.ResNet)
            .Convolution("conv1", filters: 8, kernel: 3, pad: 1).Relu("relu1")
            .Convolution("conv2", filters: 8, kernel: 3, pad: 1, groups: 2).Relu("relu2")
            .Convolution("conv3", filters: 4, kernel: 1).Relu("relu3")
            .GlobalAveragePool("pool").Flatten("flatten").Linear("logits", 3).Build();

        // Solving: 5 · 36² and 6 · 8 · 36 weights.
        Assert.Equal(new(8 * ((2 * 1296) + 64 + 16), 8 * 1296, 8 * ((5 * 1296) + (6 * 288))), NetworkRepair.MemoryOf(small.Problem.SpaceOf(network)));
    }

    /// <summary>One byte less than measuring takes is refused before an image is looked at, and so is one less than a candidate and its repair take; the fewest that suffice change no bit.</summary>
    [Fact]
    public async Task Repair_is_a_part_of_what_candidates_may_take()
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Network = SmallProblem.Vgg(), Repairs = true };
        long weights = ProgramMemory.ParameterBytes(problem.Network.Parameters.Values);
        long measuring = (2 * Moments) + (2 * WidestBlock) + Activations(32) + weights, searching = Moments + Solving + Activations(60) + weights;

        Assert.Equal(
            "Cannot measure what the repair of candidates of 'vgg' needs within 1 MiB, which is what there is for candidates: that takes up to 2 MiB; give more with --memory, or score candidates as they are cut with --repair off.",
            (await Assert.ThrowsAsync<CoppiceException>(() => EvaluateAsync(problem with { MemoryBytes = measuring - 1 }))).Message);
        Assert.Equal(
            "Cannot score candidates of 'vgg' within 0 MiB, which is what there is for them beside 2 MiB for their repair: one takes up to 1 MiB with 60 images at a time; give more with --memory, score them as they are cut with --repair off, or use a machine that has it.",
            (await Assert.ThrowsAsync<CoppiceException>(() => EvaluateAsync(problem with { MemoryBytes = searching - 1 }))).Message);
        Assert.Equal(0, problem.Images!.Recalibration.Passed);

        Assert.Equal(await EvaluateAsync(problem), await EvaluateAsync(problem with { MemoryBytes = searching }));

        long Activations(int images) => ProgramMemory.ActivationBytes(problem.Network, images, problem.Precision)!.Value;
    }

    private static async Task<IEnumerable<Evaluation>> EvaluateAsync(PruningProblem problem)
    {
        var space = problem.SpaceOf(problem.Network);
        return await new PruningFitness(space, problem).EvaluateAsync([.. Enumerable.Range(2, 4).Select(n => WithoutEveryNth(space, n))], CancellationToken.None);
    }

    private static BitGenome WithoutEveryNth(PruningSpace space, int n) =>
        new([.. space.Sizes.Select(size => BitString.FromBits([.. Enumerable.Range(0, size).Select(channel => channel % n != n - 1)]))]);
}
