using System.Collections.Immutable;
using Coppice.Graph;

namespace Coppice.Training;

/// <summary>
/// The softmax that some exporters put at the end of a classifier. Training and scoring need the logits before it; the user's file keeps it.
/// Softmax changes no arg-max, so accuracies of the two are the same.
/// </summary>
public sealed class OutputSoftmax
{
    private readonly ImmutableArray<NetworkValue> _outputs;
    private readonly Node? _softmax;

    private OutputSoftmax(Network whole)
    {
        _outputs = whole.Outputs;
        _softmax = Find(whole);
        Logits = _softmax is null
            ? whole
            : whole.WithOutputs([_outputs[0] with { Name = _softmax.Inputs[0] }], whole.Nodes.Remove(_softmax));
    }

    /// <summary>The network whose output are logits: the one given where it ends in no softmax.</summary>
    public Network Logits { get; }

    /// <summary>Takes the softmax off a network, where it ends in one over its classes.</summary>
    /// <param name="whole">One output, [N, classes].</param>
    /// <exception cref="CoppiceException">It ends in a sigmoid: several classes at a time, which is another loss than ours.</exception>
    public static OutputSoftmax TakeOff(Network whole) => new(whole);

    /// <summary>Puts it back on a network that <see cref="Logits"/> has become.</summary>
    public Network PutBack(Network logits) => _softmax is null ? logits : logits.WithOutputs(_outputs, logits.Nodes.Add(_softmax));

    private static Node? Find(Network whole)
    {
        var last = whole.Outputs.Length == 1 ? whole.Index.Producer(whole.Outputs[0].Name) : null;
        if (last is { OperatorType: "Sigmoid" })
        {
            throw new CoppiceException($"Cannot train '{whole.Name}': it ends in a sigmoid, as networks do that give an image several labels; classes must exclude each other here. Export it without the last Sigmoid if they do.");
        }

        // Over any other axis than the classes it is no distribution over them; of [N, classes] the class axis is 1, the default of all operator sets being that too.
        return last is { OperatorType: "Softmax" } && last.Attributes.Integer("axis", 1) is 1 or -1 && whole.Index.OnlyConsumer(last.Inputs[0]) == last ? last : null;
    }
}
