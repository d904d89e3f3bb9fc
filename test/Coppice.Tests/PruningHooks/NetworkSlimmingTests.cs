using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Pruning.Hooks;
using Coppice.Tensors;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;
using Coppice.Training;

namespace Coppice.Tests.PruningHooks;

public sealed class NetworkSlimmingTests : LeakCheck
{
    private static readonly string[] Scales = ["bn1.weight", "bn2.weight", "bn3.weight"];

    private static readonly TrainingOptions Options = new() { Epochs = 6, BatchSize = 12, LearningRate = 0.05, Precision = Precision.Float32 };

    /// <summary>γ = (2, −3, 0) with gradients (1, 1, 1) and λ = 0.25: (1.25, 0.75, 1); what is no γ keeps its gradient, and a γ without gradient gets none.</summary>
    [Fact]
    public void Gradient_of_each_scale_gets_lambda_times_its_sign()
    {
        var network = ToyTask.Network(filters: 3);
        var learned = network.Parameters.Where(entry => entry.Value.Type == ElementType.Float32).ToDictionary(entry => entry.Key, _ => Learned(2, -3, 0));
        foreach (var (_, tensor) in learned.Where(entry => entry.Key != "bn3.weight"))
        {
            tensor.Grad = Tensor.FromArray([1f, 1, 1], 3);
        }

        using (GradMode.Disable())
        {
            using var run = new NetworkSlimming(0.25).Begin(new(network, new Dictionary<string, TensorShape>(), 1, learned, learned, () => network));
            run.AfterBackward();
        }

        Assert.All(["bn1.weight", "bn2.weight"], scale => Assert.Equal([1.25f, 0.75f, 1], learned[scale].Grad!.ToArray<float>()));
        Assert.All(["bn1.bias", "conv1.weight", "logits.bias"], other => Assert.Equal([1f, 1, 1], learned[other].Grad!.ToArray<float>()));
        Assert.Null(learned["bn3.weight"].Grad);
    }

    /// <summary>Plain SGD, one iteration: γ ends λ · lr nearer to zero than without the penalty, and all else is the same.</summary>
    [Fact]
    public void One_step_moves_the_scales_by_the_penalty_alone()
    {
        var options = Options with { Epochs = 1, BatchSize = 60, Momentum = 0, Nesterov = false, Schedule = new StepSchedule([]) };

        var (plain, slimmed) = (Train(options), Train(options, new NetworkSlimming(0.1)));

        foreach (var (name, values) in plain.Parameters)
        {
            bool isScale = Scales.Contains(name);
            Assert.All(values.Floats().ToArray().Zip(slimmed.Parameters[name].Floats().ToArray()), pair => Assert.Equal(isScale ? 0.1 * 0.05 : 0, pair.First - pair.Second, 1e-6));
        }
    }

    [Fact]
    public void More_scales_lie_near_zero_after_a_training_with_the_penalty()
    {
        var start = NetworkSlimming.WithStartingScales(ToyTask.Network());

        int Small(params ITrainingHook[] hooks) => Scales.Sum(scale => Train(Options, start, hooks).Parameters[scale].Floats().ToArray().Count(value => Math.Abs(value) < 0.05));

        Assert.Equal(0, Small());
        Assert.InRange(Small(new NetworkSlimming(0.1)), 6, 20);
    }

    [Fact]
    public void Scales_start_at_a_half()
    {
        var network = ToyTask.Network();

        var started = NetworkSlimming.WithStartingScales(network);

        Assert.All(network.Parameters, entry => Assert.Equal(
            Scales.Contains(entry.Key) ? [.. Enumerable.Repeat(0.5f, (int)entry.Value.Shape.Length)] : entry.Value.Floats().ToArray(),
            started.Parameters[entry.Key].Floats().ToArray()));
    }

    [Fact]
    public void Network_without_batch_norm_is_refused_with_the_way_out()
    {
        var network = ModelCatalog.Build("lenet5", new());

        var fault = Assert.Throws<CoppiceException>(() => new NetworkSlimming(1e-4).Begin(new(network, new Dictionary<string, TensorShape>(), 1, new Dictionary<string, Tensor>(), new Dictionary<string, Tensor>(), () => network)));

        Assert.Equal("Cannot slim 'lenet5': it holds no batch normalisation with scale factors to learn; leave out --slimming.", fault.Message);
        Assert.Equal(fault.Message, Assert.Throws<CoppiceException>(() => NetworkSlimming.Check(network)).Message);
        NetworkSlimming.Check(ToyTask.Network());
    }

    private static Tensor Learned(params float[] values)
    {
        var tensor = Tensor.FromArray(values, values.Length);
        tensor.RequiresGrad = true;
        return tensor;
    }

    private static Network Train(TrainingOptions options, params ITrainingHook[] hooks) => Train(options, ToyTask.Network(), hooks);

    private static Network Train(TrainingOptions options, Network start, params ITrainingHook[] hooks) =>
        new Trainer(options, new(ToyTask.Training(), ToyTask.Normalization) { Hooks = [.. hooks] }).Train(start, progress: null, CancellationToken.None);
}
