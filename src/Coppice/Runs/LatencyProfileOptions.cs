using Coppice.Graph;

namespace Coppice.Runs;

/// <summary>How latency is measured.</summary>
public sealed record LatencyProfileOptions
{
    /// <summary>Images per run, at least 1.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Threads inside an operator, at least 1. One depends least on what else the machine does.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Runs of each network before the first timed one, at least 0.</summary>
    public int WarmUp { get; init; } = 20;

    /// <summary>Timed runs of each network, at least 1.</summary>
    public int Repetitions { get; init; } = 200;

    /// <summary>Shape of the input where the file leaves more than the batch open; its first extent is replaced by <see cref="Batch"/>.</summary>
    public TensorShape? InputShape { get; init; }

    /// <summary>Checks the settings.</summary>
    /// <exception cref="CoppiceException">One is out of range.</exception>
    internal void Validate()
    {
        if (Batch < 1 || Threads < 1 || WarmUp < 0 || Repetitions < 1)
        {
            throw new CoppiceException($"Cannot measure latency: batch ({Batch}), threads ({Threads}) and repetitions ({Repetitions}) must be at least 1, warm-up ({WarmUp}) at least 0.");
        }
    }
}
