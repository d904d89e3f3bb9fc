using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;

namespace Coppice.Criteria;

/// <summary>
/// ∂L/∂z of a gate z = 1 that multiplies each channel, batch by batch. A gate behind a batch normalisation scales γ and β alike, so its gradient is γ ∂L/∂γ + β ∂L/∂β: the gradients
/// of the parameters tell it, and no activation has to be kept. Where no batch normalisation follows a channel, its gate scales the filters and biases that write it.
/// </summary>
/// <param name="Batches">For each batch the gradient of each unit's gate, [units]; the loss is the mean over the images of the batch.</param>
public sealed record GateGradients(ImmutableArray<double[]> Batches)
{
    /// <summary>The gates' gradients on one batch.</summary>
    /// <param name="units">The channels of the network.</param>
    /// <param name="gradients">∂L/∂θ of each learned parameter by name, row-major.</param>
    /// <returns>[units]; where several layers write a channel or normalise it, one gate stands for all of them.</returns>
    public static double[] OfBatch(ChannelUnits units, IReadOnlyDictionary<string, float[]> gradients)
    {
        var gates = new double[units.UnitCount];
        var normalised = new bool[units.UnitCount];
        var learned = units.Axes.Where(axis => axis.Role != ChannelRole.Read && gradients.ContainsKey(axis.Parameter)).DistinctBy(axis => (axis.Parameter, axis.Axis)).ToLookup(
            axis => axis.Node.OperatorType == "BatchNormalization");
        foreach (var axis in learned[true])
        {
            Accumulate(gates, units.Network, axis, gradients[axis.Parameter], _ => true);
            Array.ForEach(axis.Ids, unit => normalised[unit] = true);
        }

        foreach (var axis in learned[false])
        {
            Accumulate(gates, units.Network, axis, gradients[axis.Parameter], unit => !normalised[unit]);
        }

        return gates;
    }

    /// <summary>Adds Σ θ · ∂L/∂θ over the elements at each position of the axis to the gate of its unit.</summary>
    private static void Accumulate(double[] gates, Network network, ParameterAxis axis, float[] gradient, Func<int, bool> counts)
    {
        var parameter = network.Parameters[axis.Parameter];
        var values = parameter.Floats();
        int run = (int)parameter.Shape.Product(axis.Axis + 1, parameter.Shape.Rank);
        for (int i = 0; i < values.Length; i++)
        {
            int unit = axis.Ids[i / run % axis.Ids.Length];
            if (counts(unit))
            {
                gates[unit] += (double)values[i] * gradient[i];
            }
        }
    }
}
