using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Tensors;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Execution;

/// <summary>
/// Programs in single precision and in bf16 that are compiled and run at the same time: each is right. oneDNN itself mixes up convolutions of two types that are described at once
/// (<c>prepared_convolution.cpp</c> has a lock against it; without it most runs in single precision were wrong, by any amount).
/// </summary>
public sealed class TwoTypesAtOnceTests() : LeakCheck(scoped: false)
{
    /// <summary>Batch sizes that no other test has, so that every kernel is new.</summary>
    private const int First = 83;

    /// <summary>Without AVX-512 bf16 takes a hundred times as long, and no kernel of its own is described.</summary>
    private static readonly int Count = PackedConvolution.Supports(DType.BFloat16) ? 12 : 1;

    [PreparedFact]
    public async Task Networks_of_two_types_at_once_are_both_right()
    {
        var network = ModelCatalog.Build("resnet20", new() { Seed = 1 });
        Precision[] precisions = [Precision.Float32, Precision.BFloat16];
        using var thread = new ModelThread(threads: 2, jobs: 2);
        using var start = new Barrier(2);

        await thread.RunAsync(() =>
        {
            using var scope = new TensorScope();
            Tensor[] images = [.. Enumerable.Range(First, Count).Select(count => Executing.Images(network, count))];
            var found = precisions.ToDictionary(precision => precision, _ => new float[Count][]);
            thread.ForEach(precisions, precision =>
            {
                for (int i = 0; i < Count; i++)
                {
                    Assert.True(start.SignalAndWait(TimeSpan.FromSeconds(30)));
                    found[precision][i] = Logits(network, images[i], new() { Precision = precision });
                }
            });

            foreach (var (i, batch) in images.Index())
            {
                float[] plain = Logits(network, batch, new() { AllowsPreparedConvolutions = false });
                float largest = plain.Max(Math.Abs);
                Assert.All(plain.Zip(found[Precision.Float32][i]), pair => Assert.InRange(pair.Second, pair.First - (1e-4f * largest), pair.First + (1e-4f * largest)));
                Assert.All(plain.Zip(found[Precision.BFloat16][i]), pair => Assert.InRange(pair.Second, pair.First - (0.05f * largest), pair.First + (0.05f * largest)));
            }
        });
    }

    private static float[] Logits(Coppice.Graph.Network network, Tensor images, ProgramOptions options)
    {
        using var scope = new TensorScope();
        using var program = NetworkProgram.Compile(network, options);
        return program.Run(images).ToArray<float>();
    }
}
