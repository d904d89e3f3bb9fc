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
    private readonly int[] _decayed;

    public Sgd(IEnumerable<KeyValuePair<string, Tensor>> learned, TrainingOptions options)
    {
        _options = options;
        KeyValuePair<string, Tensor>[] parameters = [.. learned];
        _names = [.. parameters.Select(parameter => parameter.Key)];
        _weights = [.. parameters.Select(parameter => parameter.Value)];
        using var gradients = GradMode.Disable();
        _velocities = [.. _weights.Select(weight => weight.ZerosLike().Keep())];

        // Biases, γ and β have one axis; decaying them costs accuracy and shrinks nothing.
        _decayed = [.. Enumerable.Range(0, _weights.Length).Where(i => _weights[i].Rank > 1)];
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

    public void Step(double learningRate)
    {
        using var mode = GradMode.Disable();
        using var scope = new TensorScope();
        Tensor[] gradients = [.. _weights.Select((weight, i) => weight.Grad ?? throw new InvalidOperationException($"Parameter '{_names[i]}' got no gradient."))];
        if (_options.WeightDecay > 0 && _decayed.Length > 0)
        {
            Foreach.AddInPlace([.. _decayed.Select(i => gradients[i])], [.. _decayed.Select(i => _weights[i])], _options.WeightDecay);
        }

        Foreach.MultiplyInPlace(_velocities, _options.Momentum);
        Foreach.AddInPlace(_velocities, gradients, 1);
        if (_options.Nesterov)
        {
            Foreach.AddInPlace(gradients, _velocities, _options.Momentum);
            Foreach.AddInPlace(_weights, gradients, -learningRate);
        }
        else
        {
            Foreach.AddInPlace(_weights, _velocities, -learningRate);
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
