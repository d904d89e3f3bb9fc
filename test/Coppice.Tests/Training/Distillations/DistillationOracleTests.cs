using System.Text.Json;
using Coppice.Tensors;
using Coppice.Tests.Oracles;
using Coppice.Tests.Tensors;
using Coppice.Training.Distillations;

namespace Coppice.Tests.Training.Distillations;

/// <summary>Losses and gradients of every distillation against PyTorch, which is given the formulas of the papers and no code of ours.</summary>
public sealed class DistillationOracleTests : LeakCheck
{
    private static readonly int[] KeptFirst = [0, 2, 5], KeptSecond = [1, 3];

    private readonly Tensor _logits = Learned(1, 4, 5), _first = Learned(2, 4, 3, 6, 4), _second = Learned(3, 4, 2, 3, 2);
    private readonly Tensor _teacherLogits = Noise.Normal(4, [4, 5]), _teacherFirst = Noise.Normal(5, [4, 6, 6, 4]), _teacherSecond = Noise.Normal(6, [4, 4, 3, 2]);
    private readonly Tensor _labels = Tensor.FromArray([0L, 3, 1, 4], 4);

    public static TheoryData<string, Distillation> Distillations => new()
    {
        { "kd", new KnowledgeDistillation { Weight = 0.6, Temperature = 2.5 } },
        { "at", new AttentionTransfer { Beta = 0.75 } },
        { "fsp-max", new FspDistillation { Beta = 1.5 } },
        { "fsp-average", new FspDistillation { Beta = 1.5, Pooling = MapPooling.Average } },
        { "kd+at", new CombinedDistillation(new KnowledgeDistillation { Weight = 0.6, Temperature = 2.5 }, new AttentionTransfer { Beta = 0.75 }) },
    };

    [Theory]
    [MemberData(nameof(Distillations))]
    public void Loss_and_gradients_are_pytorchs(string name, Distillation distillation)
    {
        var expected = Oracle(name);

        var loss = distillation.Loss(_logits.CrossEntropy(_labels), Batch());
        loss.Backward();

        Assert.Equal(expected["loss"][0], loss.Item(), 1e-5);
        AssertClose(expected["logits"], _logits);
        AssertClose(expected["first"], _first);
        AssertClose(expected["second"], _second);
    }

    private static Tensor Learned(long seed, params long[] shape)
    {
        var tensor = Noise.Normal(seed, shape);
        tensor.RequiresGrad = true;
        return tensor;
    }

    private DistillationBatch Batch()
    {
        FeatureTap first = new("f", "F") { Kept = [.. KeptFirst] }, second = new("s", "S") { Kept = [.. KeptSecond] };
        return new(
            new(_logits, new Dictionary<string, Tensor> { ["f"] = _first, ["s"] = _second }),
            new(_teacherLogits, new Dictionary<string, Tensor> { ["F"] = _teacherFirst, ["S"] = _teacherSecond }),
            new([first, second], [new(first, second)]),
            new(false, 0));
    }

    private Dictionary<string, double[]> Oracle(string name)
    {
        static object Of(Tensor tensor) => new { shape = tensor.Shape, values = tensor.ToArray<float>() };
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("job.json"), JsonSerializer.Serialize(new
        {
            name,
            logits = Of(_logits),
            first = Of(_first),
            second = Of(_second),
            teacherLogits = Of(_teacherLogits),
            teacherFirst = Of(_teacherFirst),
            teacherSecond = Of(_teacherSecond),
            keptFirst = KeptFirst,
            keptSecond = KeptSecond,
            labels = _labels.ToArray<long>(),
        }));
        return JsonSerializer.Deserialize<Dictionary<string, double[]>>(TrainingOracle.Python3("distillation_oracle.py", folder.File("job.json")))!;
    }

    /// <summary>A tensor that had no part has no gradient here and zeros there.</summary>
    private static void AssertClose(double[] expected, Tensor tensor)
    {
        float[] actual = tensor.Grad?.ToArray<float>() ?? new float[expected.Length];
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }
}
