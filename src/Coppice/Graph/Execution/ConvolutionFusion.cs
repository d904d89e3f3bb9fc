namespace Coppice.Graph.Execution;

/// <summary>Convolutions with stored weights, each with what a prepared convolution computes together with it.</summary>
internal static class ConvolutionFusion
{
    public static IEnumerable<ProgramStep> Find(Network network, EpilogueFinder epilogues)
    {
        foreach (var node in network.Nodes.Where(node => node.OperatorType == "Conv" && IsStored(network, node)))
        {
            yield return new ConvolutionStep(node, epilogues.Take(node), [.. node.Reads]);
        }
    }

    /// <summary>Whether weight and bias are known before the first run, for two spatial axes; otherwise the operator itself executes.</summary>
    private static bool IsStored(Network network, Node node) =>
        node.Input(1) is { } weight && network.Parameters.TryGetValue(weight, out var stored) && stored.Shape.Rank == 4
        && (node.Input(2) is not { } bias || network.Parameters.ContainsKey(bias));
}
