using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Search;

namespace Coppice.Pruning.Methods;

/// <summary>
/// Removes exactly the channels that are zero already, as soft filter pruning (He et al., IJCAI 2018) leaves them: every filter that writes them, and every bias, γ and β that
/// goes with them. Behind ReLUs, which keep zero at zero, this changes nothing of what the network computes. Needs no data and no target.
/// </summary>
public sealed class ZeroedPruning : IPruningMethod
{
    /// <inheritdoc/>
    public string Name => "zeroed";

    /// <inheritdoc/>
    public string Description => "exactly the channels that are zero already, as train --soft-prune leaves them";

    /// <inheritdoc/>
    public string Paper => "He et al., Soft Filter Pruning for Accelerating Deep CNNs, IJCAI 2018";

    /// <inheritdoc/>
    public bool NeedsTarget => false;

    /// <inheritdoc/>
    public bool TakesTarget => false;

    /// <inheritdoc/>
    public bool NeedsData => false;

    /// <inheritdoc/>
    public bool IsSearch => false;

    /// <inheritdoc/>
    public Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        if (problem.Target is not null)
        {
            throw new CoppiceException($"Cannot prune by '{Name}' to a target: it removes the channels that are zero, no more and no fewer; leave out --max-macs.");
        }

        var space = problem.SpaceOf(problem.Network);
        var genome = new BitGenome([.. space.Groups.Select(group => Living(space, group))]);
        var plan = space.ToPlan(genome);
        return plan.Groups.All(group => group.KeepsAll)
            ? throw new CoppiceException($"Cannot prune by '{Name}': no channel of the {space.Groups.Length} groups of '{problem.Network.Name}' is zero; train it with --soft-prune first, or choose another --method.")
            : Task.FromResult<ImmutableArray<PrunedCandidate>>(
                [new(Name, plan, Pruner.Apply(space.Units, plan), space.CostOf(genome), Evaluations: 0, TunedEpochs: 0, Score: null)]);
    }

    /// <summary>The channels that are not zero; where fewer than the floor live, the first of the others stay too.</summary>
    private static BitString Living(PruningSpace space, ChannelGroup group)
    {
        var living = new double[group.Size];
        foreach (var axis in group.Axes.Where(axis => axis.Role != ChannelRole.Read && !IsStatistic(axis) && space.Units.Network.Parameters[axis.Parameter].Type == ElementType.Float32))
        {
            MarkLiving(space.Units.Network.Parameters[axis.Parameter], axis, group, living);
        }

        return PruningSpace.Best(living, Math.Max(space.Floor(group), living.Count(mark => mark > 0)));
    }

    private static void MarkLiving(HostTensor parameter, ParameterAxis axis, ChannelGroup group, double[] living)
    {
        var channelOf = group.ChannelOfUnit();
        int run = (int)parameter.Shape.Product(axis.Axis + 1, parameter.Shape.Rank);
        var values = parameter.Floats();
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] != 0 && channelOf.TryGetValue(axis.Ids[i / run % axis.Ids.Length], out int channel))
            {
                living[channel] = 1;
            }
        }
    }

    /// <summary>Running means and variances say what a channel was, not what it is.</summary>
    private static bool IsStatistic(ParameterAxis axis) => axis.Node.OperatorType == "BatchNormalization" && axis.Node.Inputs.IndexOf(axis.Parameter) >= 3;
}
