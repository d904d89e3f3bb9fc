using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>Measures how well a network classifies. Runs on the caller's thread, which should be a <see cref="ModelThread"/>.</summary>
public static class Classifier
{
    /// <summary>Images per batch of an evaluation; a program evaluates fewer at a time where that is faster.</summary>
    public const int BatchSize = 256;

    /// <summary>Loss and accuracy of a network on a set of images, with stored batch-norm statistics.</summary>
    /// <param name="network">One input [N, C, H, W], one output [N, classes].</param>
    /// <param name="images">The images.</param>
    /// <param name="normalization">How pixels become inputs.</param>
    /// <param name="precision">Arithmetic; what is reported should be <see cref="Precision.Float32"/>.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="cancellation">Stops between operators.</param>
    public static ClassificationMetrics Evaluate(
        Network network, DataSubset images, Normalization normalization, Precision precision, Device device, CancellationToken cancellation)
    {
        using var program = NetworkProgram.Compile(network, new() { Precision = precision, Device = device });
        var loader = new DataLoader(images, normalization, new() { BatchSize = BatchSize, Shuffle = false });
        var metrics = ClassificationMetrics.Empty;
        foreach (var batch in loader.Epoch(0, cancellation: cancellation))
        {
            using var scope = new TensorScope();
            metrics += Measure(program.Run(Tensor.FromArray(batch.Images, batch.Shape.AsSpan()), cancellation), batch.Labels);
        }

        return metrics;
    }

    /// <summary>Loss and accuracy of a network on images that are on the device already.</summary>
    /// <param name="network">One input [N, C, H, W], one output [N, classes].</param>
    /// <param name="images">The images.</param>
    /// <param name="precision">Arithmetic.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="cancellation">Stops between operators.</param>
    public static ClassificationMetrics Evaluate(Network network, TensorBatches images, Precision precision, Device device, CancellationToken cancellation) =>
        Evaluate(network, images, new ProgramOptions { Precision = precision, Device = device }, cancellation);

    /// <summary>Loss and accuracy of a network on images that are on the device already.</summary>
    /// <param name="network">One input [N, C, H, W], one output [N, classes].</param>
    /// <param name="images">The images.</param>
    /// <param name="options">How the program runs.</param>
    /// <param name="cancellation">Stops between operators.</param>
    internal static ClassificationMetrics Evaluate(Network network, TensorBatches images, ProgramOptions options, CancellationToken cancellation) =>
        Score(network, images, options, cancellation).Total(images);

    /// <summary>What a network makes of each of the images.</summary>
    internal static ImageScores Score(Network network, TensorBatches images, ProgramOptions options, CancellationToken cancellation)
    {
        using var program = NetworkProgram.Compile(network, options);
        var scores = new ImageScores(images.Count);
        foreach (var (batch, positions) in images.PassFrom(0, networks: 1, cancellation))
        {
            using var scope = new TensorScope();
            Note(program.Run(batch.Images, cancellation), batch.Labels.AsSpan(), positions, [scores]);
        }

        return scores;
    }

    /// <summary>Notes what logits [N, classes] say of images of a set, for all networks that have given them.</summary>
    internal static void Note(Tensor logits, ReadOnlySpan<long> labels, ReadOnlySpan<int> positions, IEnumerable<ImageScores> networks)
    {
        ReadOnlySpan<float> values = logits.ToArray<float>();
        int classes = (int)logits.Shape[1];
        foreach (var scores in networks)
        {
            for (int i = 0; i < labels.Length; i++)
            {
                var row = values.Slice(i * classes, classes);
                scores.Set(positions[i], CrossEntropy(row, (int)labels[i]), IsCorrect(row, (int)labels[i]));
            }
        }
    }

    /// <summary>Loss and accuracy of a batch of logits, summed in double precision in the order of the images.</summary>
    /// <param name="logits">[N, classes], row by row; rows beyond the labels, with which a batch was filled up, do not count.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="labels">Class of each image.</param>
    public static ClassificationMetrics Measure(ReadOnlySpan<float> logits, int classes, ReadOnlySpan<long> labels)
    {
        int correct = 0;
        double loss = 0, squared = 0;
        for (int image = 0; image < labels.Length; image++)
        {
            var row = logits.Slice(image * classes, classes);
            int label = (int)labels[image];
            double crossEntropy = CrossEntropy(row, label);
            loss += crossEntropy;
            squared += crossEntropy * crossEntropy;
            correct += IsCorrect(row, label) ? 1 : 0;
        }

        return new(labels.Length, correct, loss, squared);
    }

    /// <summary>Loss and accuracy of a batch of logits [N, classes].</summary>
    internal static ClassificationMetrics Measure(Tensor logits, ReadOnlySpan<long> labels) => Measure(logits.ToArray<float>(), (int)logits.Shape[1], labels);

    /// <summary>log Σ exp z − z_label, computed with the largest logit taken out.</summary>
    private static double CrossEntropy(ReadOnlySpan<float> logits, int label)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        return largest + Math.Log(sum) - logits[label];
    }

    /// <summary>Whether the label has the largest logit; of equal ones the first counts, as in arg-max.</summary>
    private static bool IsCorrect(ReadOnlySpan<float> logits, int label)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        return best == label;
    }
}
