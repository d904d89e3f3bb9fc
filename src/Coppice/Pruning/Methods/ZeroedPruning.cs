using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Search;

namespace Coppice.Pruning.Methods;

/// <summary>
/// Removes exactly the channels that are zero already, as soft filter pruning (He et al., IJCAI 2018) leaves them: every filter that writes them, and every bias, γ and β that
/// goes with them. This changes nothing of what the network computes: a group whose zeros an activation on the way to their readers turns into something else (a sigmoid makes ½ of
/// them) stays whole. Needs no data and no target.
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
        string?[] obstacles = [.. space.Groups.Select(group => Obstacle(space.Units, group))];
        var genome = new BitGenome([.. space.Groups.Select((group, i) => obstacles[i] is null ? Living(space, i) : BitString.AllOnes(group.Size))]);
        var plan = space.ToPlan(genome);
        string? note = LeftWhole.Note(Name, obstacles);
        return plan.Groups.All(group => group.KeepsAll)
            ? throw NothingToRemove(space, note)
            : Task.FromResult<ImmutableArray<PrunedCandidate>>(
                [new(Name, plan, Pruner.Apply(space.Units, plan), space.CostOf(genome), Evaluations: 0, TunedEpochs: 0, Score: null) { Note = note }]);
    }

    private CoppiceException NothingToRemove(PruningSpace space, string? note) => new(note is null
        ? $"Cannot prune by '{Name}': no channel of the {space.Groups.Length} groups of '{space.Units.Network.Name}' is zero{space.Constraints.UnderThem}; train it with --soft-prune first, or choose another --method."
        : $"Cannot prune '{space.Units.Network.Name}': {note} No other channel is zero{space.Constraints.UnderThem}; choose another --method.");

    /// <summary>Why a group stays whole although channels of it are zero, or null.</summary>
    private static string? Obstacle(ChannelUnits units, ChannelGroup group) => Marks(units.Network, group).All(mark => mark > 0)
        ? null
        : ZeroFlow.FindEnd(units, group) is { } end ? $"{end} makes something else of the zeros of '{group.Name}'" : null;

    /// <summary>The channels that are not zero; where the space allows no group of so few, the first of the others stay too.</summary>
    private static BitString Living(PruningSpace space, int group)
    {
        double[] living = Marks(space.Units.Network, space.Groups[group]);
        return PruningSpace.Best(living, space.Widths[group].AtLeast(living.Count(mark => mark > 0)));
    }

    /// <summary>1 for each channel that has something else than zeros, [channels]. What is no floating-point number cannot be looked into and counts as that.</summary>
    private static double[] Marks(Network network, ChannelGroup group)
    {
        var living = new double[group.Size];
        foreach (var axis in group.Axes.Where(axis => axis.Role != ChannelRole.Read && !IsStatistic(axis) && !IsPositions(network.Parameters[axis.Parameter])))
        {
            MarkLiving(network.Parameters[axis.Parameter], axis, group, living);
        }

        return living;
    }

    private static void MarkLiving(HostTensor parameter, ParameterAxis axis, ChannelGroup group, double[] living)
    {
        if (!ElementTypes.IsFloatingPoint(parameter.Type))
        {
            Array.Fill(living, 1);
            return;
        }

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

    /// <summary>A list of channels by number, as a selection has it: a zero there is the first channel.</summary>
    private static bool IsPositions(HostTensor parameter) => parameter.Type is ElementType.Int32 or ElementType.Int64;

    /// <summary>Running means and variances say what a channel was, not what it is.</summary>
    private static bool IsStatistic(ParameterAxis axis) => axis.Node.OperatorType == "BatchNormalization" && axis.Node.Inputs.IndexOf(axis.Parameter) >= 3;
}
