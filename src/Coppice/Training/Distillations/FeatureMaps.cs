using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Operators;

namespace Coppice.Training.Distillations;

/// <summary>
/// The feature maps at which a network is divided into stages. All that the network knows of an image passes through a <em>waist</em>: a value that is alone when it is computed,
/// as all earlier ones have been read for the last time. Stages are runs of waists of one size, height by width.
/// </summary>
internal sealed class FeatureMaps
{
    private readonly IReadOnlyDictionary<string, TensorShape> _shapes;

    /// <summary>Finds the maps.</summary>
    /// <param name="network">One input [N, C, H, W].</param>
    /// <param name="inputShapes">Shape of the input for one image, by name.</param>
    public FeatureMaps(Network network, IReadOnlyDictionary<string, TensorShape> inputShapes)
    {
        Network = network;
        _shapes = ShapeInference.Infer(network, inputShapes);
        Stages = [.. ByStage(Waists(network).Where(IsSettled))];
    }

    public Network Network { get; }

    /// <summary>The maps of each stage, in the order in which they are computed; at least one in each.</summary>
    public ImmutableArray<ImmutableArray<string>> Stages { get; }

    /// <summary>The last map of each stage.</summary>
    public ImmutableArray<string> Outputs => [.. Stages.Select(stage => stage[^1])];

    /// <summary>The output of the stem, which is the first map of all, then those of the stages.</summary>
    public ImmutableArray<string> StemAndOutputs => Stages.IsEmpty ? [] : [.. Outputs.Prepend(Stages[0][0]).Distinct()];

    /// <summary>First and last map of each stage that has more than one.</summary>
    public ImmutableArray<(string First, string Last)> Sections => [.. Stages.Where(stage => stage.Length > 1).Select(stage => (stage[0], stage[^1]))];

    /// <summary>Shape of a map for one image, [1, C, H, W].</summary>
    /// <exception cref="CoppiceException">The network has no such value, or it is no map.</exception>
    public TensorShape Shape(string value) => _shapes.TryGetValue(value, out var shape) && !Network.Parameters.ContainsKey(value) && shape.Rank == 4
        ? shape
        : throw new CoppiceException($"Cannot compare feature maps: '{Network.Name}' computes no map [N, C, H, W] of the name '{value}'. {Spelling.Hint(value, StemAndOutputs)}");

    private static IEnumerable<string> Waists(Network network)
    {
        var unread = network.Nodes.SelectMany(node => node.Reads).CountBy(value => value).ToDictionary();
        HashSet<string> live = [.. network.Inputs.Select(input => input.Name)];
        foreach (var node in network.Nodes)
        {
            foreach (string value in node.Reads)
            {
                if (--unread[value] == 0)
                {
                    live.Remove(value);
                }
            }

            live.UnionWith(node.Outputs.Where(value => unread.ContainsKey(value) || network.Index.IsOutput(value)));
            if (live.Count == 1 && live.Contains(node.Outputs[0]))
            {
                yield return node.Outputs[0];
            }
        }
    }

    /// <summary>
    /// Whether a waist is a map [N, C, H, W] of more than one place that a layer has finished: normalised and activated where that follows, and not a mere copy, a dropped-out or a
    /// pooled form of an earlier map.
    /// </summary>
    private bool IsSettled(string value)
    {
        bool isMap = _shapes.TryGetValue(value, out var shape) && shape.Rank == 4 && shape[2] * shape[3] > 1;
        var reader = Network.Index.OnlyConsumer(value);
        bool goesOn = reader is not null && reader.OperatorType is not ("Dropout" or "Identity") && OperatorTable.Find(reader) is BatchNormalization or Activation;
        return isMap && !goesOn && Network.Index.Producer(value) is { OperatorType: not ("Dropout" or "Identity") } producer && OperatorTable.Find(producer) is not Pooling;
    }

    private IEnumerable<ImmutableArray<string>> ByStage(IEnumerable<string> maps)
    {
        var stage = ImmutableArray<string>.Empty;
        foreach (string map in maps)
        {
            if (!stage.IsEmpty && Size(stage[^1]) != Size(map))
            {
                yield return stage;
                stage = [];
            }

            stage = stage.Add(map);
        }

        if (!stage.IsEmpty)
        {
            yield return stage;
        }
    }

    private (long Height, long Width) Size(string map) => (_shapes[map][2], _shapes[map][3]);
}
