using Coppice.Graph;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>A method that acts on a network while it is trained, such as network slimming. A value: its settings; what it remembers lives in <see cref="TrainingHookRun"/>.</summary>
public interface ITrainingHook
{
    /// <summary>All that decides what it does, in one line, the same in every culture: a checkpoint of a training with other hooks is refused by it.</summary>
    string Settings { get; }

    /// <summary>What a user must know before this network is trained with it, such as layers that it leaves alone, as a sentence; null for nothing.</summary>
    /// <param name="network">The network.</param>
    /// <param name="inputShapes">Shape of its input for one image, by name.</param>
    /// <exception cref="CoppiceException">The hook cannot act on this network.</exception>
    string? Note(Network network, IReadOnlyDictionary<string, TensorShape> inputShapes) => null;

    /// <summary>Begins a training.</summary>
    /// <exception cref="CoppiceException">The hook cannot act on this network.</exception>
    TrainingHookRun Begin(HookedTraining training);
}

/// <summary>What a hook may see and change of a training.</summary>
/// <param name="Network">The network as it was before the training; its structure does not change.</param>
/// <param name="InputShapes">Shape of its input for one image, by name.</param>
/// <param name="Epochs">Passes over the training images in all.</param>
/// <param name="Learned">Learned parameters by name; gradients are theirs.</param>
/// <param name="Velocities">The optimiser's velocities by the names of the parameters.</param>
/// <param name="Capture">The network with its present weights and statistics.</param>
public sealed record HookedTraining(
    Network Network,
    IReadOnlyDictionary<string, TensorShape> InputShapes,
    int Epochs,
    IReadOnlyDictionary<string, Tensor> Learned,
    IReadOnlyDictionary<string, Tensor> Velocities,
    Func<Network> Capture);

/// <summary>A hook at work on one training. Called on the training's thread without gradients being recorded, within a <see cref="TensorScope"/>.</summary>
public abstract class TrainingHookRun : IDisposable
{
    /// <summary>Tensors that a checkpoint must hold so that a resumed training goes on as an unbroken one, by name; the run owns them. Values are restored in place.</summary>
    public virtual IEnumerable<KeyValuePair<string, Tensor>> State => [];

    /// <summary>Called once, before the first iteration; not where a training goes on from a checkpoint.</summary>
    public virtual void BeforeFirstEpoch()
    {
    }

    /// <summary>Called in each iteration when gradients are there, before the optimiser's step. A parameter that had no part in the loss has no gradient.</summary>
    public virtual void AfterBackward()
    {
    }

    /// <summary>Called after each epoch, before its checkpoint is written.</summary>
    /// <param name="finished">Epochs finished, from 1 to all of them.</param>
    public virtual void AfterEpoch(int finished)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the tensors of <see cref="State"/>.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
