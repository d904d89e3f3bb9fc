using System.Collections.Immutable;

namespace Coppice.Graph;

/// <summary>Puts nodes in an order in which each comes after the nodes it reads from (Kahn, 1962); ties keep the given order.</summary>
internal static class TopologicalOrder
{
    /// <param name="nodes">The nodes.</param>
    /// <param name="defined">Values that are there without them.</param>
    /// <param name="outputs">Values that must be there in the end.</param>
    /// <exception cref="UnsupportedModelException">A value is written twice, or needed and never written, or nodes form a cycle.</exception>
    public static ImmutableArray<Node> Sort(ImmutableArray<Node> nodes, IReadOnlyCollection<string> defined, ImmutableArray<NetworkValue> outputs)
    {
        if (IsSorted(nodes, defined, outputs))
        {
            return nodes;
        }

        var writers = Writers(nodes, [.. defined], out var available);
        var (waiting, readers) = Dependencies(nodes, writers, available);
        var ready = new PriorityQueue<int, int>(Enumerable.Range(0, nodes.Length).Where(i => waiting[i] == 0).Select(i => (i, i)));
        var sorted = ImmutableArray.CreateBuilder<Node>(nodes.Length);
        while (ready.TryDequeue(out int next, out _))
        {
            sorted.Add(nodes[next]);
            foreach (int reader in readers[next].Where(reader => --waiting[reader] == 0))
            {
                ready.Enqueue(reader, reader);
            }
        }

        if (sorted.Count < nodes.Length)
        {
            var stuck = nodes[Array.FindIndex(waiting, count => count > 0)];
            throw new UnsupportedModelException($"Cannot order the graph: {stuck} is part of a cycle; an ONNX graph must have none.");
        }

        foreach (var output in outputs.Where(output => !writers.ContainsKey(output.Name) && !available.Contains(output.Name)))
        {
            throw new UnsupportedModelException($"Cannot use the graph: its output '{output.Name}' is written by no node.");
        }

        return sorted.ToImmutable();
    }

    /// <summary>Whether the nodes are in such an order already and nothing is to be said against them, as a rule: a search makes thousands of networks out of one that was sorted.</summary>
    private static bool IsSorted(ImmutableArray<Node> nodes, IReadOnlyCollection<string> defined, ImmutableArray<NetworkValue> outputs)
    {
        var known = new HashSet<string>(defined.Count + nodes.Length);
        known.UnionWith(defined);
        foreach (var node in nodes)
        {
            if (!node.Reads.All(known.Contains) || !node.Outputs.All(output => output.Length == 0 || known.Add(output)))
            {
                return false;
            }
        }

        return outputs.All(output => known.Contains(output.Name));
    }

    private static Dictionary<string, int> Writers(ImmutableArray<Node> nodes, HashSet<string> defined, out HashSet<string> available)
    {
        available = defined;
        var writers = new Dictionary<string, int>();
        for (int i = 0; i < nodes.Length; i++)
        {
            foreach (string output in nodes[i].Outputs.Where(output => output.Length > 0))
            {
                if (defined.Contains(output) || !writers.TryAdd(output, i))
                {
                    throw new UnsupportedModelException($"Cannot use the graph: {nodes[i]} writes '{output}', which is defined already; value names must be unique.");
                }
            }
        }

        return writers;
    }

    private static (int[] Waiting, List<int>[] Readers) Dependencies(ImmutableArray<Node> nodes, Dictionary<string, int> writers, HashSet<string> available)
    {
        var waiting = new int[nodes.Length];
        var readers = nodes.Select(_ => new List<int>()).ToArray();
        for (int i = 0; i < nodes.Length; i++)
        {
            foreach (string input in nodes[i].Reads.Distinct())
            {
                if (writers.TryGetValue(input, out int writer))
                {
                    readers[writer].Add(i);
                    waiting[i]++;
                }
                else if (!available.Contains(input))
                {
                    throw new UnsupportedModelException($"Cannot use the graph: {nodes[i]} reads '{input}', which no input, parameter or node defines.");
                }
            }
        }

        return (waiting, readers);
    }
}
