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
/// when all students have had it; where there is no room for it, students ask on their own, and get the same bits.
/// </summary>
/// <param name="students">How many are trained with the seed; some may end earlier than others.</param>
/// <param name="mostBytes">Room for answers.</param>
internal sealed class TeacherAnswers(int students, long mostBytes = 256L << 20)
{
    private readonly ConcurrentDictionary<BatchKey, Answer> _answers = [];
    private long _bytes;
    private int _asked;

    /// <summary>Times that the teacher was asked.</summary>
    public int Asked => _asked;

    /// <summary>Bytes of answers that are kept.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The teacher's logits for a batch, from memory or, for the first that asks, from the teacher; others that ask meanwhile wait.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="ask">Runs the teacher: [N, classes], single precision.</param>
    /// <returns>[N, classes], where the teacher left them; the caller's scope's.</returns>
    public Tensor Get(BatchKey batch, Func<Tensor> ask)
    {
        var answer = _answers.GetOrAdd(batch, _ => new());
        lock (answer)
        {
            Count(batch, answer);
            if (answer.Values is { } known)
            {
                return Tensor.FromArray(known, answer.Shape).To(answer.Device);
            }

            if (answer.MayBeKept)
            {
                return Keep(answer, Ask(ask));
            }
        }

        return Ask(ask);
    }

    private Tensor Ask(Func<Tensor> ask)
    {
        Interlocked.Increment(ref _asked);
        return ask();
    }

    private Tensor Keep(Answer answer, Tensor logits)
    {
        answer.MayBeKept = false;
        bool isWanted = answer.Given < students;
        if (isWanted && TryReserve(sizeof(float) * logits.Length))
        {
            (answer.Values, answer.Shape, answer.Device) = (logits.ToArray<float>(), [.. logits.Shape], logits.Device);
        }

        return logits;
    }

    private bool TryReserve(long bytes)
    {
        bool fits = Interlocked.Add(ref _bytes, bytes) <= mostBytes;
        Interlocked.Add(ref _bytes, fits ? 0 : -bytes);
        return fits;
    }

    /// <summary>Counts who has had an answer, and forgets it with the last one.</summary>
    private void Count(BatchKey batch, Answer answer)
    {
        if (++answer.Given == students && _answers.TryRemove(batch, out _) && answer.Values is { } values)
        {
            Interlocked.Add(ref _bytes, -sizeof(float) * (long)values.Length);
        }
    }

    private sealed class Answer
    {
        public float[]? Values { get; set; }

        public long[] Shape { get; set; } = [];

        public Device Device { get; set; } = Device.Cpu;

        public int Given { get; set; }

        public bool MayBeKept { get; set; } = true;
    }
}
