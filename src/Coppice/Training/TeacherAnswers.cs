using System.Collections.Concurrent;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>Which batch of which training: the seed decides the order of images and their augmentation, so trainings with equal seeds see equal batches.</summary>
/// <param name="Seed">Seed of the training.</param>
/// <param name="Epoch">From 0.</param>
/// <param name="Iteration">Position in the epoch, from 0.</param>
internal readonly record struct BatchKey(ulong Seed, int Epoch, int Iteration);

/// <summary>
/// The logits of one teacher for several students that are trained alike on the same batches, at the same time or one after the other: it is asked once for each batch. An answer is forgotten
/// when all students have had it; when there is no room for more, students ask on their own, and get the same bits.
/// </summary>
/// <param name="students">How many will ask.</param>
/// <param name="mostBytes">Room for answers.</param>
internal sealed class TeacherAnswers(int students, long mostBytes = 256L << 20)
{
    private readonly ConcurrentDictionary<BatchKey, Answer> _answers = [];
    private long _bytes;

    /// <summary>Batches that the teacher was asked about.</summary>
    public int Asked { get; private set; }

    /// <summary>The teacher's logits for a batch, from memory or, for the first that asks, from the teacher; others that ask meanwhile wait.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="ask">Runs the teacher: [N, classes], single precision.</param>
    /// <returns>[N, classes]; the caller's scope's.</returns>
    public Tensor Get(BatchKey batch, Func<Tensor> ask)
    {
        var answer = _answers.GetOrAdd(batch, _ => new());
        lock (answer)
        {
            if (answer.Values is { } known)
            {
                Forget(batch, answer);
                return Tensor.FromArray(known, answer.Shape);
            }

            var logits = ask();
            Keep(batch, answer, logits);
            return logits;
        }
    }

    private void Keep(BatchKey batch, Answer answer, Tensor logits)
    {
        Asked++;
        long bytes = sizeof(float) * logits.Shape.Aggregate(1L, (product, extent) => product * extent);
        if (Interlocked.Add(ref _bytes, bytes) > mostBytes)
        {
            Interlocked.Add(ref _bytes, -bytes);
            return;
        }

        (answer.Values, answer.Shape) = (logits.ToArray<float>(), [.. logits.Shape]);
        Forget(batch, answer);
    }

    /// <summary>Counts who has had an answer.</summary>
    private void Forget(BatchKey batch, Answer answer)
    {
        if (++answer.Given == students && _answers.TryRemove(batch, out _))
        {
            Interlocked.Add(ref _bytes, -sizeof(float) * (long)answer.Values!.Length);
        }
    }

    private sealed class Answer
    {
        public float[]? Values { get; set; }

        public long[] Shape { get; set; } = [];

        public int Given { get; set; }
    }
}
