using Coppice.Data;
using Coppice.Graph;
using Coppice.Tensors.OnnxRuntime;
using Coppice.Training;

namespace Coppice.Runs;

/// <summary>Runs an ONNX file in the deployment runtime: what the user will run, not what our engine thinks of it.</summary>
public static class OnnxRuntimeClassifier
{
    /// <summary>Images per run where the file leaves the batch open.</summary>
    private const int BatchSize = 256;

    /// <summary>Number of images whose class gets the largest output.</summary>
    /// <param name="file">ONNX file with one input [N, C, H, W] and one output [N, classes]; N may be fixed.</param>
    /// <param name="images">The images.</param>
    /// <param name="normalization">How pixels become inputs.</param>
    /// <param name="threads">Threads of the runtime.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="OnnxRuntimeException">The runtime is missing or refuses the file.</exception>
    public static int CountCorrect(string file, DataSubset images, Normalization normalization, int threads, CancellationToken cancellation)
    {
        using var session = InferenceSession.Load(file, new() { Threads = threads });
        var (input, output) = (session.Inputs[0], session.Outputs[0]);
        int? declared = input.Dimensions[0] > 0 ? (int)input.Dimensions[0] : null;
        var loader = new DataLoader(images, normalization, new() { BatchSize = declared ?? BatchSize, Shuffle = false });
        int correct = 0;
        foreach (var batch in loader.Epoch(0, cancellation: cancellation))
        {
            int rows = declared ?? batch.Count;
            float[] values = new float[rows * (batch.Images.Length / batch.Count)];
            batch.Images.CopyTo(values);
            var outputs = session.Run(new Dictionary<string, OnnxTensor> { [input.Name] = RuntimeTensors.Of(HostTensor.FromFloats(new([rows, .. batch.Shape[1..]]), values, (ElementType)input.ElementType)) });
            float[] logits = RuntimeTensors.Floats(outputs[output.Name]);
            correct += Classifier.Measure(logits, logits.Length / rows, batch.Labels).Correct;
        }

        return correct;
    }
}
