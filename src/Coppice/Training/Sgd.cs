using System.Collections.Immutable;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>
/// Stochastic gradient descent with momentum, as PyTorch defines it: <c>g ← g + wd · w; v ← μ · v + g; w ← w − lr · (g + μ · v)</c> in Nesterov's form,
/// <c>w ← w − lr · v</c> otherwise. One kernel call per formula and list, not per parameter.
/// </summary>
internal sealed class Sgd : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly ImmutableArray<string> _names;
    private readonly Tensor[] _weights;
    private readonly Tensor[] _velocities;
    private readonly bool[] _decays;

    public Sgd(IEnumerable<KeyValuePair<string, Tensor>> learned, TrainingOptions options)
    {
        _options = options;
        KeyValuePair<string, Tensor>[] parameters = [.. learned];
        _names = [.. parameters.Select(parameter => parameter.Key)];
        _weights = [.. parameters.Select(parameter => parameter.Value)];
        using var gradients = GradMode.Disable();
        _velocities = [.. _weights.Select(weight => weight.ZerosLike().Keep())];

        // Biases, γ and β have one axis; decaying them costs accuracy and shrinks nothing.
        _decays = [.. _weights.Select(weight => weight.Rank > 1)];
    }

    /// <summary>The velocities by parameter name; for checkpoints.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Velocities => _names.Select((name, i) => KeyValuePair.Create(name, _velocities[i]));

    public void ZeroGradients()
    {
        foreach (var weight in _weights)
        {
            weight.Grad = null;
        }
    }

    /// <summary>Forgets where the weights were going.</summary>
    public void ClearVelocities() => Foreach.ZeroInPlace(_velocities);

    /// <summary>Moves the weights.</summary>
    /// <param name="learningRate">lr.</param>
    /// <param name="mayLackGradients">
    /// Whether weights may have had no part in the loss: they then stay where they are, without decay. Otherwise that is a fault of ours.
    /// </param>
    public void Step(double learningRate, bool mayLackGradients = false)
    {
        using var mode = GradMode.Disable();
        using var scope = new TensorScope();
        Tensor?[] all = [.. _weights.Select(weight => weight.Grad)];
        int[] moved = [.. Enumerable.Range(0, all.Length).Where(i => all[i] is not null)];
        if (moved.Length < all.Length && !mayLackGradients)
        {
            throw new InvalidOperationException($"Parameter '{_names[Array.IndexOf(all, null)]}' got no gradient.");
        }

        Tensor[] weights = [.. moved.Select(i => _weights[i])], velocities = [.. moved.Select(i => _velocities[i])], gradients = [.. moved.Select(i => all[i]!)];
        int[] decayed = [.. Enumerable.Range(0, moved.Length).Where(i => _decays[moved[i]])];
        if (_options.WeightDecay > 0 && decayed.Length > 0)
        {
            Foreach.AddInPlace([.. decayed.Select(i => gradients[i])], [.. decayed.Select(i => weights[i])], _options.WeightDecay);
        }

        Foreach.MultiplyInPlace(velocities, _options.Momentum);
        Foreach.AddInPlace(velocities, gradients, 1);
        if (_options.Nesterov)
        {
            Foreach.AddInPlace(gradients, velocities, _options.Momentum);
            Foreach.AddInPlace(weights, gradients, -learningRate);
        }
        else
        {
            Foreach.AddInPlace(weights, velocities, -learningRate);
        }
    }

    public void Dispose()
    {
        foreach (var velocity in _velocities)
        {
            velocity.Dispose();
        }
    }
}
