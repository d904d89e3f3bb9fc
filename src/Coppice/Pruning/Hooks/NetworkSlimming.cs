using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning.Hooks;

/// <summary>
/// Learning Efficient Convolutional Networks through Network Slimming (Liu et al., ICCV 2017), the training: <c>L = Σ loss + λ Σ |γ|</c> over the scale factors γ of all batch
/// normalisations, by its subgradient, <c>∂γ ← ∂γ + λ · sign(γ)</c> with sign(0) = 0, before the optimiser's step. Channels whose γ has gone to 0 are then pruned.
/// </summary>
/// <remarks>
/// The paper's λ is 1e-4 for VGG-19 and 1e-5 for ResNet-164 and DenseNet-40. Deviation: γ receives momentum but no weight decay, as <see cref="TrainingOptions.WeightDecay"/> spares it.
/// </remarks>
/// <param name="Lambda">λ, positive.</param>
public sealed record NetworkSlimming(double Lambda) : ITrainingHook
{
    /// <summary>γ where a training starts from random weights.</summary>
    private const float StartingScale = 0.5f;

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"slimming {Lambda:R}");

    /// <summary>A network with random weights whose γ are all 0.5, as the method wants them at the start.</summary>
    public static Network WithStartingScales(Network network) => network.WithParameters(Scales(network).ToDictionary(
        scale => scale,
        scale => network.Parameters[scale].WithFloats([.. Enumerable.Repeat(StartingScale, (int)network.Parameters[scale].Shape.Length)])));

    /// <summary>Checks that a network can be trained with the penalty, before any work is done for it.</summary>
    /// <exception cref="CoppiceException">It holds no batch normalisation.</exception>
    public static void Check(Network network)
    {
        if (!Scales(network).Any())
        {
            throw NothingToSlim(network);
        }
    }

    /// <inheritdoc/>
    public TrainingHookRun Begin(HookedTraining training)
    {
        ImmutableArray<Tensor> scales = [.. Scales(training.Network).Where(training.Learned.ContainsKey).Select(scale => training.Learned[scale])];
        return scales.IsEmpty
            ? throw NothingToSlim(training.Network)
            : new Run(scales, Lambda);
    }

    private static CoppiceException NothingToSlim(Network network) =>
        new($"Cannot slim '{network.Name}': it holds no batch normalisation with scale factors to learn; leave out --slimming.");

    private static IEnumerable<string> Scales(Network network) => network.Nodes
        .Where(node => node.OperatorType == "BatchNormalization")
        .Select(node => node.Inputs[1])
        .Where(network.Parameters.ContainsKey)
        .Distinct();

    private sealed class Run(ImmutableArray<Tensor> scales, double lambda) : TrainingHookRun
    {
        public override void AfterBackward()
        {
            foreach (var scale in scales)
            {
                scale.Grad?.AddInPlace(scale.Sign(), lambda);
            }
        }
    }
}
