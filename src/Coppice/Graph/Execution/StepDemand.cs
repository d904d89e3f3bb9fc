using System.Collections.Immutable;

namespace Coppice.Graph.Execution;

/// <summary>Which steps of a program have to run for some of its outputs. What was asked for last is kept: the same outputs are asked for batch after batch.</summary>
/// <param name="network">The network of the program.</param>
/// <param name="steps">Its steps.</param>
internal sealed class StepDemand(Network network, ImmutableArray<ProgramStep> steps)
{
    private (int[] Wanted, bool[] Needed)? _last;

    /// <summary>For each step whether it has to run.</summary>
    /// <param name="wanted">Positions of outputs.</param>
    public bool[] StepsFor(int[] wanted)
    {
        if (_last is not { } last || !last.Wanted.AsSpan().SequenceEqual(wanted))
        {
            _last = last = (wanted, Find(wanted));
        }

        return last.Needed;
    }

    private bool[] Find(int[] wanted)
    {
        var values = wanted.Select(output => network.Outputs[output].Name).ToHashSet();
        bool[] needed = new bool[steps.Length];
        for (int i = steps.Length - 1; i >= 0; i--)
        {
            needed[i] = steps[i].Node.Outputs.Any(values.Contains);
            if (needed[i])
            {
                values.UnionWith(steps[i].Inputs);
            }
        }

        return needed;
    }
}
