namespace Coppice.Graph.Execution;

/// <summary>Batch normalisations, each with what our kernel computes together with it.</summary>
internal static class BatchNormFusion
{
    public static IEnumerable<ProgramStep> Find(Network network, EpilogueFinder epilogues)
    {
        foreach (var node in network.Nodes.Where(node => node.OperatorType == "BatchNormalization"))
        {
            yield return new BatchNormStep(node, epilogues.Take(node), node.Inputs[..5]);
        }
    }
}
