using Coppice.Graph.Operators;

namespace Coppice.Graph.Execution;

/// <summary>What each parameter of a network is for.</summary>
internal sealed class ParameterRoles
{
    public ParameterRoles(Network network)
    {
        foreach (var node in network.Nodes)
        {
            var known = OperatorTable.Require(node);
            for (int input = 0; input < node.Inputs.Length; input++)
            {
                if (node.Input(input) is { } name && network.Parameters.ContainsKey(name) && !known.HostInputs.Contains(input))
                {
                    Add(network, node, known, input, name);
                }
            }
        }
    }

    /// <summary>Parameters that take part in tensor arithmetic; the others are read on the host.</summary>
    public OrderedSet OnDevice { get; } = [];

    /// <summary>What training changes.</summary>
    public OrderedSet Learned { get; } = [];

    /// <summary>Running means and variances.</summary>
    public OrderedSet Statistics { get; } = [];

    /// <summary>Parameters that are cast to the precision of activations.</summary>
    public OrderedSet Cast { get; } = [];

    /// <summary>Weights of convolutions, stored in channels_last order.</summary>
    public OrderedSet ConvolutionWeights { get; } = [];

    private void Add(Network network, Node node, Operator known, int input, string name)
    {
        OnDevice.Add(name);
        if (known.Learns(input, network.Parameters[name]))
        {
            Learned.Add(name);
        }

        if (known is BatchNormalization && input >= 3)
        {
            Statistics.Add(name);
        }

        if (known.CastsParameters && ElementTypes.IsFloatingPoint(network.Parameters[name].Type))
        {
            Cast.Add(name);
        }

        if (known is Conv && input == 1 && network.Parameters[name].Shape.Rank == 4)
        {
            ConvolutionWeights.Add(name);
        }
    }

    /// <summary>Distinct names in the order of first use.</summary>
    internal sealed class OrderedSet : System.Collections.ObjectModel.KeyedCollection<string, string>
    {
        public new void Add(string name)
        {
            if (!Contains(name))
            {
                base.Add(name);
            }
        }

        protected override string GetKeyForItem(string item) => item;
    }
}
