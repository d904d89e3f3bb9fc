using System.Text.Json;
using System.Text.Json.Serialization;
using Coppice.Tensors;
using Coppice.Training.Distillations;

namespace Coppice.Training;

/// <summary>
/// A training interrupted between two iterations: weights, running statistics, velocities and position. Resuming from it gives the bits that an unbroken run gives,
/// because the order of images and their augmentation follow from (seed, epoch, image) and from nothing that has to be remembered.
/// </summary>
/// <param name="Position">Where the training stood.</param>
/// <param name="Tensors">Values by name: parameters under their own names, velocities under <c>velocity/NAME</c>, what hooks remember under <c>hook/NAME</c>.</param>
internal sealed record Checkpoint(CheckpointPosition Position, IReadOnlyDictionary<string, float[]> Tensors)
{
    private const string MetadataKey = "coppice";

    public static Checkpoint Load(string path)
    {
        var file = SafeTensors.Load(path);
        return file.Metadata.TryGetValue(MetadataKey, out string? json) && Parse(json) is { } position
            ? new(position, file.Tensors.ToDictionary(entry => entry.Key, entry => entry.Value.Values))
            : throw new CoppiceException($"Cannot resume from '{path}': it is no checkpoint of a training; delete it to start anew.");
    }

    public void Save(string path) => SafeTensors.Save(
        path,
        Tensors.ToDictionary(entry => entry.Key, entry => new SafeTensor([entry.Value.Length], entry.Value)),
        new Dictionary<string, string> { [MetadataKey] = JsonSerializer.Serialize(Position, CheckpointJson.Default.CheckpointPosition) });

    /// <summary>The values of tensors, in row-major order.</summary>
    public static Dictionary<string, float[]> Capture(IEnumerable<KeyValuePair<string, Tensor>> tensors) =>
        tensors.ToDictionary(entry => entry.Key, entry => entry.Value.ToArray<float>());

    /// <summary>Writes the values back into tensors of the same names.</summary>
    public void Restore(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using var mode = GradMode.Disable();
        using var scope = new TensorScope();
        foreach (var (name, target) in tensors)
        {
            if (!Tensors.TryGetValue(name, out float[]? values) || values.Length != target.Length)
            {
                throw new CoppiceException($"Cannot resume: the checkpoint holds no '{name}' with {target.Length} values; it belongs to another network, delete it to start anew.");
            }

            target.CopyFrom(Tensor.FromArray<float>(values, target.Shape));
        }
    }

    private static CheckpointPosition? Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, CheckpointJson.Default.CheckpointPosition);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Where an interrupted training stood.</summary>
/// <param name="Epoch">Epochs finished.</param>
/// <param name="Iteration">Iterations finished within the present epoch.</param>
/// <param name="LossSum">Sum of the losses of the present epoch's iterations.</param>
/// <param name="Fingerprint">What the training was: a checkpoint of another one is refused.</param>
internal sealed record CheckpointPosition(int Epoch, int Iteration, double LossSum, string Fingerprint);

[JsonSerializable(typeof(CheckpointPosition))]
[JsonSerializable(typeof(TrainingOptions))]
[JsonSerializable(typeof(FeatureTaps))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
