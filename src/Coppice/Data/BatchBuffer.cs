namespace Coppice.Data;

/// <summary>Memory of one batch, used again and again.</summary>
internal sealed class BatchBuffer(int batchSize, int pixelCount, int scratchBytes)
{
    /// <summary>[N, C, H, W].</summary>
    public float[] Images { get; } = GC.AllocateUninitializedArray<float>(checked(batchSize * pixelCount));

    /// <summary>[N].</summary>
    public long[] Labels { get; } = new long[batchSize];

    /// <summary>[N].</summary>
    public int[] Indices { get; } = new int[batchSize];

    /// <summary>[C, H, W] of the picture that is being decoded; empty for images in memory.</summary>
    public byte[] Scratch { get; } = new byte[scratchBytes];
}
