using Coppice.Data;
using Coppice.Graph;
using Coppice.Onnx;
using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Runs;

/// <summary>Runs a network's ONNX file in the deployment runtime: what the user will run, not what our engine thinks of it.</summary>
public static class OnnxRuntimeClassifier
{
    /// <summary>Number of images whose class gets the largest output.</summary>
    /// <param name="network">One input [N, C, H, W], one output [N, classes].</param>
    /// <param name="images">The images.</param>
    /// <param name="normalization">How pixels become inputs.</param>
    /// <param name="threads">Threads of the runtime.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static int CountCorrect(Network network, DataSubset images, Normalization normalization, int threads, CancellationToken cancellation)
    {
        using var session = InferenceSession.Load(OnnxWriter.ToBytes(network), new() { Threads = threads });
        var loader = new DataLoader(images, normalization, new() { BatchSize = 256, Shuffle = false });
        int correct = 0;
        foreach (var batch in loader.Epoch(0, cancellation: cancellation))
        {
            var input = OnnxTensor.Create(batch.Images.ToArray(), batch.Shape.AsSpan());
            var outputs = session.Run(new Dictionary<string, OnnxTensor> { [network.Inputs[0].Name] = input });
            correct += CountCorrect(outputs[network.Outputs[0].Name].ToArray<float>(), batch.Labels);
        }

        return correct;
    }

    private static int CountCorrect(ReadOnlySpan<float> logits, ReadOnlySpan<long> labels)
    {
        int classes = logits.Length / labels.Length;
        int correct = 0;
        for (int image = 0; image < labels.Length; image++)
        {
            var row = logits.Slice(image * classes, classes);
            int best = 0;
            for (int i = 1; i < classes; i++)
            {
                best = row[i] > row[best] ? i : best;
            }

            correct += best == labels[image] ? 1 : 0;
        }

        return correct;
    }
}
