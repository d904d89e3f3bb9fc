using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Coppice.Graph.Operators;

namespace Coppice.Graph;

/// <summary>
/// Batch normalisation with fixed statistics is an affine map of each channel, so it can be part of the layer that writes the channels:
/// <c>γ (w · x + b − μ) / √(σ² + ε) + β = (s w) · x + (s (b − μ) + β)</c> with <c>s = γ / √(σ² + ε)</c> (Jacob et al., CVPR 2018, section 3.2).
/// </summary>
public static class BatchNormFolding
{
    /// <summary>
    /// Folds every batch normalisation into the convolution or fully connected layer that it alone reads. The value that the normalisation wrote keeps its name; the one before is gone.
    /// Computed in double precision and rounded once, to single precision whatever the file's. Normalisations without such a layer or in training mode stay as they are.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="chosen">Which normalisations to fold, or null for all.</param>
    /// <returns>A new network, or the same object where nothing could be folded.</returns>
    public static Network Apply(Network network, Func<Node, bool>? chosen = null) => Apply(network, chosen, new());

    /// <summary>Folds every batch normalisation of several networks; layers whose parameters are the same objects, as most of two cuts of one network are, become the same objects.</summary>
    internal static ImmutableArray<Network> Apply(ImmutableArray<Network> networks)
    {
        var memo = new ConcurrentDictionary<FoldedFrom, (HostTensor Weight, HostTensor Bias)>();
        return SideBySide.Select(networks, network => Apply(network, chosen: null, memo));
    }

    private static Network Apply(Network network, Func<Node, bool>? chosen, ConcurrentDictionary<FoldedFrom, (HostTensor Weight, HostTensor Bias)> memo)
    {
        var folding = new Folding(network, memo);
        foreach (var node in network.Nodes.Where(node => node.OperatorType == "BatchNormalization" && OperatorTable.Find(node) is not null && chosen?.Invoke(node) != false))
        {
            folding.TryFold(node);
        }

        return folding.Result();
    }

    /// <summary>What the parameters of a folded layer are computed from, told apart as objects.</summary>
    private readonly record struct FoldedFrom(Identity Weight, Identity Bias, Identity Gamma, Identity Beta, Identity Mean, Identity Variance, double Epsilon, int Axis, double Factor);

    private readonly struct Identity(object? value) : IEquatable<Identity>
    {
        private readonly object? _value = value;

        public bool Equals(Identity other) => ReferenceEquals(_value, other._value);

        public override bool Equals(object? obj) => obj is Identity other && Equals(other);

        public override int GetHashCode() => RuntimeHelpers.GetHashCode(_value);
    }

    private sealed class Folding(Network network, ConcurrentDictionary<FoldedFrom, (HostTensor Weight, HostTensor Bias)> memo)
    {
        private readonly Dictionary<string, Node> _replaced = [];
        private readonly Dictionary<string, Node> _layers = network.Nodes
            .Where(node => node.OperatorType is "Conv" or "Gemm" && OperatorTable.Find(node) is not null)
            .ToDictionary(node => node.Outputs[0]);

        private readonly HashSet<string> _folded = [];
        private readonly OrderedDictionary<string, HostTensor> _parameters = new(network.Parameters);

        public Network Result()
        {
            if (_folded.Count == 0)
            {
                return network;
            }

            ImmutableArray<Node> nodes = [.. network.Nodes.Where(node => !_folded.Contains(node.Name)).Select(node => _replaced.GetValueOrDefault(node.Name, node))];
            return network.Rewritten(nodes, _parameters);
        }

        public void TryFold(Node norm)
        {
            if (norm.Input(0) is not { } input
                || !_layers.TryGetValue(input, out var layer)
                || network.Index.OnlyConsumer(input) is null
                || !IsFixed(norm)
                || Folded(norm, layer) is not { } folded)
            {
                return;
            }

            string weightName = NameFor(layer.Input(1), $"{layer.Name}.weight");
            _parameters[weightName] = folded.Weight;
            string biasName = NameFor(layer.Input(2), $"{layer.Name}.bias");
            _parameters[biasName] = folded.Bias;
            var attributes = Beta(layer) == 0 ? layer.Attributes.With("beta", 1f) : layer.Attributes;
            Replace(norm, layer with { Inputs = [layer.Inputs[0], weightName, biasName], Outputs = [norm.Outputs[0]], Attributes = attributes });
        }

        /// <summary>
        /// The layer's weight and bias as they become, or null where the two do not fit or something is not known. Candidates of a search share most layers, so what has been folded is looked up
        /// before anything is computed.
        /// </summary>
        private (HostTensor Weight, HostTensor Bias)? Folded(Node norm, Node layer)
        {
            if (Floats(layer, 1) is not { Shape.Rank: >= 2 } weight || (layer.Input(2) is not null && Floats(layer, 2) is null))
            {
                return null; // of a bias that is computed nothing would show in what it is looked up by
            }

            int outputAxis = layer.OperatorType == "Gemm" && layer.Attributes.Integer("transB", 0) == 0 ? 1 : 0;
            Identity At(Node node, int input) => new(node.Input(input) is { } name ? _parameters.GetValueOrDefault(name) : null);
            var from = new FoldedFrom(new(weight), At(layer, 2), At(norm, 1), At(norm, 2), At(norm, 3), At(norm, 4), BatchNormalization.Epsilon(norm), outputAxis, Beta(layer));
            if (memo.TryGetValue(from, out var known))
            {
                return known;
            }

            if (Affine(norm) is not { } affine || weight.Shape[outputAxis] != affine.Scale.Length || Bias(layer, affine.Scale.Length) is not { } bias)
            {
                return null;
            }

            // The layer keeps its factor of the bias, so that one whose normalisation was put in and folded again is the node that it was.
            double beta = Beta(layer) is var stated && stated != 0 ? stated : 1;
            var shifted = bias.Select((value, channel) => (float)(((value * affine.Scale[channel]) + affine.Shift[channel]) / beta));
            return memo.GetOrAdd(from, (Scaled(weight, outputAxis, affine.Scale), HostTensor.FromFloats(new(bias.Length), [.. shifted])));
        }

        private void Replace(Node norm, Node layer)
        {
            _folded.Add(norm.Name);
            _replaced[layer.Name] = layer;
            _layers[norm.Outputs[0]] = layer;
        }

        /// <summary>Whether the normalisation is an affine map that does not change.</summary>
        private static bool IsFixed(Node norm) =>
            norm.Attributes.Integer("training_mode", 0) == 0 && norm.Attributes.Integer("spatial", 1) == 1 && norm.Outputs.Skip(1).All(output => output.Length == 0);

        /// <summary>Factor and summand of each channel, or null where they are not known.</summary>
        private (double[] Scale, double[] Shift)? Affine(Node norm)
        {
            if (Floats(norm, 1) is not { } gamma || Floats(norm, 2) is not { } beta || Floats(norm, 3) is not { } mean || Floats(norm, 4) is not { } variance)
            {
                return null;
            }

            int channels = (int)gamma.Shape.Length;
            if (new[] { beta, mean, variance }.Any(vector => vector.Shape.Length != channels))
            {
                return null;
            }

            double epsilon = BatchNormalization.Epsilon(norm);
            var (scale, shift) = (new double[channels], new double[channels]);
            ReadOnlySpan<float> scales = gamma.Floats(), shifts = beta.Floats(), means = mean.Floats(), variances = variance.Floats();
            for (int channel = 0; channel < channels; channel++)
            {
                scale[channel] = scales[channel] / Math.Sqrt(variances[channel] + epsilon);
                shift[channel] = shifts[channel] - (scale[channel] * means[channel]);
            }

            return (scale, shift);
        }

        /// <summary>What a layer whose bias is none or a parameter adds to each channel (for a fully connected layer, beta · C), or null where that is not the same for all images.</summary>
        private double[]? Bias(Node layer, int channels)
        {
            if (Floats(layer, 2) is not { } bias)
            {
                return new double[channels];
            }

            double factor = Beta(layer);
            if (bias.Shape.Length != 1 && (bias.Shape.Length != channels || bias.Shape[-1] != channels))
            {
                return null;
            }

            float[] values = bias.Floats().ToArray();
            return [.. Enumerable.Range(0, channels).Select(channel => factor * values[values.Length == 1 ? 0 : channel])];
        }

        /// <summary>What a fully connected layer multiplies its bias by.</summary>
        private static float Beta(Node layer) => layer.OperatorType == "Gemm" ? layer.Attributes.Float("beta", 1) : 1;

        private HostTensor? Floats(Node node, int input) =>
            node.Input(input) is { } name && _parameters.TryGetValue(name, out var tensor) && ElementTypes.IsFloatingPoint(tensor.Type) ? tensor : null;

        /// <summary>The name of the parameter that is replaced where no other node reads it, or else one that nobody has.</summary>
        private string NameFor(string? replaced, string absent)
        {
            if (replaced is not null && network.Index.Consumers(replaced).Length <= 1 && !network.Index.IsOutput(replaced))
            {
                return replaced;
            }

            string name = replaced ?? absent;
            string free = name;
            for (int suffix = 1; IsTaken(free); suffix++)
            {
                free = $"{name}.folded{(suffix == 1 ? "" : suffix)}";
            }

            return free;
        }

        private bool IsTaken(string name) =>
            _parameters.ContainsKey(name) || network.Index.Producer(name) is not null || network.Inputs.Any(input => input.Name == name);

        private static HostTensor Scaled(HostTensor weight, int axis, double[] scale)
        {
            int run = (int)weight.Shape.Product(axis + 1, weight.Shape.Rank);
            float[] values = weight.Floats().ToArray();
            for (int start = 0, channel = 0; start < values.Length; start += run, channel = (channel + 1) % scale.Length)
            {
                foreach (ref float value in values.AsSpan(start, run))
                {
                    value = (float)(value * scale[channel]);
                }
            }

            return HostTensor.FromFloats(weight.Shape, values);
        }
    }
}
