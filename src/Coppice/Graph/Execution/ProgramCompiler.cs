using System.Collections.Immutable;
using Coppice.Graph.Operators;

namespace Coppice.Graph.Execution;

/// <summary>Turns a network into program steps: fuses layers with residual addition and ReLU, and finds out how long each value lives.</summary>
internal static class ProgramCompiler
{
    /// <param name="network">The network, its batch normalisations folded where they shall be.</param>
    /// <param name="mode">What the program is for.</param>
    /// <param name="packsConvolutions">Whether prepared convolutions are to be had; not for training, they record no gradients.</param>
    public static ImmutableArray<ProgramStep> Compile(Network network, ExecutionMode mode, bool packsConvolutions = false) =>
        WithLifetimes(network, Steps(network, packsConvolutions), mode);

    /// <summary>The nodes of each step of a program, in the order of the steps.</summary>
    public static IEnumerable<ImmutableArray<Node>> Chains(Network network, ProgramOptions options) =>
        Steps(network, PreparedConvolutions.AreUsed(options)).Select(step => step is FusedStep fused ? Chain(network, fused) : [step.Node]);

    private static ImmutableArray<Node> Chain(Network network, FusedStep step)
    {
        var nodes = ImmutableArray.CreateBuilder<Node>();
        for (var node = step.Layer; ; node = network.Index.OnlyConsumer(node.Outputs[0])!)
        {
            nodes.Add(node);
            if (node.Name == step.Node.Name)
            {
                return nodes.ToImmutable();
            }
        }
    }

    private static ImmutableArray<ProgramStep> Steps(Network network, bool packsConvolutions)
    {
        var epilogues = new EpilogueFinder(network);
        var fused = BatchNormFusion.Find(network, epilogues).ToDictionary(step => step.Node.Name);
        if (packsConvolutions)
        {
            foreach (var step in ConvolutionFusion.Find(network, epilogues))
            {
                fused.Add(step.Node.Name, step);
            }
        }

        return [.. network.Nodes.Where(node => !epilogues.IsAbsorbed(node)).Select(node => fused.GetValueOrDefault(node.Name) ?? Single(network, node))];
    }

    private static OperatorStep Single(Network network, Node node) => new(node, OperatorTable.Require(node), [.. node.Reads])
    {
        // The logits decide: a bf16 classifier rounds them to three digits, and its work is negligible.
        InSinglePrecision = node.OperatorType == "Gemm" && network.Index.IsOutput(node.Outputs[0]),
    };

    private static ImmutableArray<ProgramStep> WithLifetimes(Network network, ImmutableArray<ProgramStep> steps, ExecutionMode mode)
    {
        var storage = StorageRoots(network, steps);
        var lastRead = new Dictionary<string, int>();
        var lastStorageUse = new Dictionary<string, int>();
        for (int i = 0; i < steps.Length; i++)
        {
            foreach (string value in steps[i].Inputs)
            {
                lastRead[value] = i;
                lastStorageUse[storage.GetValueOrDefault(value, value)] = i;
            }
        }

        HashSet<string> outside = [.. network.Inputs.Select(input => input.Name), .. network.Parameters.Keys];
        HashSet<string> outputs = [.. network.Outputs.Select(output => output.Name)];
        HashSet<string> kept = [.. outputs.Select(output => storage.GetValueOrDefault(output, output))];

        // Counted by memory, not by name: two operands may be views of one value that overlap, such as slices shifted by a row.
        bool IsFree(ProgramStep step, int index, string value) =>
            mode != ExecutionMode.Training && storage.GetValueOrDefault(value, value) is var root
            && !outside.Contains(root) && !kept.Contains(root) && lastStorageUse[root] == index
            && step.Inputs.Count(input => storage.GetValueOrDefault(input, input) == root) == 1;

        return [.. steps.Select((step, index) => step with
        {
            LastReads = [.. step.Inputs.Distinct().Where(value => lastRead[value] == index && !outside.Contains(value) && !outputs.Contains(value))],
            Overwritable = [.. step.Inputs.Where(value => IsFree(step, index, value))],
        })];
    }

    /// <summary>For values that may share memory with another: the value that owns the memory.</summary>
    private static Dictionary<string, string> StorageRoots(Network network, ImmutableArray<ProgramStep> steps)
    {
        var roots = network.Inputs.ToDictionary(input => input.Name, input => input.Name);
        foreach (var step in steps.OfType<OperatorStep>().Where(step => step.Operator.AliasesInput))
        {
            foreach (string output in step.Node.Outputs)
            {
                roots[output] = roots.GetValueOrDefault(step.Inputs[0], step.Inputs[0]);
            }
        }

        return roots;
    }
}
