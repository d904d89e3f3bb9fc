using System.Runtime.ExceptionServices;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Pruning.Reconstruction;
using Coppice.Search;
using Coppice.Tensors;

namespace Coppice.Pruning;

/// <summary>Makes the networks of genomes: cut and, where the problem asks for it, repaired. Networks one at a time, on a thread of the model's.</summary>
/// <param name="space">What genomes mean.</param>
/// <param name="problem">Whether to repair, and within what memory.</param>
/// <param name="images">Images that the repair is measured on.</param>
internal sealed class CandidateCutter(PruningSpace space, PruningProblem problem, FitnessImages images)
{
    private readonly RepairMemory _memory = problem.Repairs ? NetworkRepair.MemoryOf(space) : default;
    private NetworkRepair? _repair;
    private ExceptionDispatchInfo? _fault;

    /// <summary>Bytes that repairs take while candidates are scored.</summary>
    public long Bytes => _memory.WhileSearched;

    /// <summary>Images that have been sent through the network for the repair of all candidates, once.</summary>
    public long Images => _repair is { LayerCount: > 0 } ? images.Recalibration.Count : 0;

    /// <summary>Checks that there is memory to measure what repairs need, which is done in single precision while there are no candidates.</summary>
    /// <exception cref="CoppiceException">There is not.</exception>
    public void CheckMemory()
    {
        if (_repair is not null || _memory == default)
        {
            return;
        }

        var network = space.Units.Network;
        long batch = images.Recalibration.Batches.Max(some => some.Images.Size(0));
        long running = (ProgramMemory.ActivationBytes(network, batch, Precision.Float32, problem.InputShapes) ?? 0) + ProgramMemory.ParameterBytes(network.Parameters.Values);
        long needed = _memory.WhileMeasured + running;
        if (needed > problem.MemoryBytes)
        {
            throw new CoppiceException(
                $"Cannot measure what the repair of candidates of '{network.Name}' needs within {problem.MemoryBytes >> 20} MiB, which is what there is for candidates: that takes up to {MemoryLimit.MebibytesFor(needed)} MiB; give more with --memory, or score candidates as they are cut with --repair off.");
        }
    }

    /// <summary>Measures what repairs need, with all threads of the caller's; where that fails every cut says why.</summary>
    public void TryMeasure(CancellationToken cancellation)
    {
        try
        {
            _ = problem.Repairs ? Repair(cancellation) : null;
        }
        catch (Exception fault) when (fault is CoppiceException or TorchException)
        {
            // said when a candidate is cut
        }
    }

    /// <summary>The network of a choice of channels.</summary>
    /// <exception cref="CoppiceException">It cannot be cut or repaired.</exception>
    public Network Cut(BitGenome genome, CancellationToken cancellation) =>
        problem.Repairs ? Repair(cancellation).Cut(genome) : Pruner.Apply(space.Units, space.ToPlan(genome));

    /// <summary>Measured at the first call; what has failed once is not tried for every candidate.</summary>
    private NetworkRepair Repair(CancellationToken cancellation)
    {
        _fault?.Throw();
        try
        {
            return _repair ??= Measure(cancellation);
        }
        catch (Exception fault) when (fault is CoppiceException or TorchException)
        {
            _fault = ExceptionDispatchInfo.Capture(fault);
            throw;
        }
    }

    private NetworkRepair Measure(CancellationToken cancellation)
    {
        GarbageBound.Collect(); // the moments of an earlier search are garbage, and large
        return NetworkRepair.Measure(space, images.Recalibration, new() { Seed = problem.Seed }, problem.Device, cancellation);
    }
}
