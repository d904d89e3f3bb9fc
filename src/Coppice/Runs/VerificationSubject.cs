using Coppice.Graph;
using Coppice.Models;
using Coppice.Search;

namespace Coppice.Runs;

/// <summary>Networks of the catalog that are worth verifying although nobody has trained them.</summary>
public static class VerificationSubject
{
    private const ulong Stream = 0x5355424A;

    /// <summary>
    /// A network with random weights whose batch normalisations do something: γ and variance from U(0.5, 1.5), β and mean from N(0, 0.2²).
    /// With the statistics of a new network (0 and 1) a mistake in cutting them would not show.
    /// </summary>
    /// <param name="name">Name in the <see cref="ModelCatalog"/>.</param>
    /// <param name="seed">Seed of everything drawn.</param>
    /// <exception cref="CoppiceException">No network has that name.</exception>
    public static Network Build(string name, ulong seed)
    {
        var network = ModelCatalog.Build(name, new() { Seed = seed });
        var drawn = new Dictionary<string, HostTensor>();
        var rng = Rng.For(seed, Stream);
        foreach (var node in network.Nodes.Where(node => node.OperatorType == "BatchNormalization"))
        {
            foreach (int position in (int[])[1, 2, 3, 4])
            {
                bool isPositive = position is 1 or 4;
                var shape = network.Parameters[node.Inputs[position]].Shape;
                drawn[node.Inputs[position]] = Draw(shape, isPositive ? () => rng.NextDouble(0.5, 1.5) : () => 0.2 * rng.NextGaussian());
            }
        }

        return network.WithParameters(drawn);
    }

    private static HostTensor Draw(TensorShape shape, Func<double> next)
    {
        var values = new float[shape.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)next();
        }

        return HostTensor.FromFloats(shape, values);
    }
}
