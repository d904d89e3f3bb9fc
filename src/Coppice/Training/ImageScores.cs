using System.Buffers.Binary;

namespace Coppice.Training;

/// <summary>What a network made of each image of a set, as far as it has seen them.</summary>
/// <param name="count">Images of the set.</param>
internal sealed class ImageScores(int count)
{
    private readonly double[] _losses = Unmeasured(count);
    private readonly bool[] _correct = new bool[count];

    /// <summary>Images of the set.</summary>
    public int Count => _losses.Length;

    /// <summary>Cross-entropy of each image in nats; NaN of one that has not been measured.</summary>
    public ReadOnlySpan<double> Losses => _losses;

    /// <summary>Whether an image has not been measured, or not with a number as a result.</summary>
    public bool HasGaps => Array.Exists(_losses, double.IsNaN);

    /// <summary>Whether the class of an image got the largest logit.</summary>
    public bool IsCorrect(int image) => _correct[image];

    /// <summary>Notes an image.</summary>
    public void Set(int image, double loss, bool correct) => (_losses[image], _correct[image]) = (loss, correct);

    /// <summary>A copy of the losses.</summary>
    public double[] ToArray() => [.. _losses];

    /// <summary>Losses as little-endian doubles, answers as a byte each.</summary>
    public (byte[] Losses, byte[] Correct) ToBytes()
    {
        byte[] bytes = new byte[_losses.Length * sizeof(double)];
        for (int image = 0; image < _losses.Length; image++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(image * sizeof(double)), _losses[image]);
        }

        return (bytes, [.. _correct.Select(correct => (byte)(correct ? 1 : 0))]);
    }

    /// <summary>What <see cref="ToBytes"/> gave; null where the lengths do not fit.</summary>
    public static ImageScores? TryRead(byte[] losses, byte[] correct, int count)
    {
        if (losses.Length != count * sizeof(double) || correct.Length != count)
        {
            return null;
        }

        var scores = new ImageScores(count);
        for (int image = 0; image < count; image++)
        {
            scores.Set(image, BinaryPrimitives.ReadDoubleLittleEndian(losses.AsSpan(image * sizeof(double))), correct[image] != 0);
        }

        return scores;
    }

    /// <summary>All together, summed batch by batch as an evaluation does it.</summary>
    /// <param name="batches">The batches of the set, in order.</param>
    public ClassificationMetrics Total(TensorBatches batches)
    {
        var total = ClassificationMetrics.Empty;
        int start = 0;
        foreach (var batch in batches.Batches)
        {
            total += Sum(start, batch.Labels.Length);
            start += batch.Labels.Length;
        }

        return total;
    }

    private ClassificationMetrics Sum(int start, int length)
    {
        int correct = 0;
        double loss = 0, squared = 0;
        for (int image = start; image < start + length; image++)
        {
            loss += _losses[image];
            squared += _losses[image] * _losses[image];
            correct += _correct[image] ? 1 : 0;
        }

        return new(length, correct, loss, squared);
    }

    private static double[] Unmeasured(int count)
    {
        double[] losses = new double[count];
        Array.Fill(losses, double.NaN);
        return losses;
    }
}
