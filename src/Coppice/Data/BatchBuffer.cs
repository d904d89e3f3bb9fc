namespace Coppice.Data;

/// <summary>Memory of one batch, used again and again.</summary>
internal sealed class BatchBuffer(int batchSize, int pixelCount)
{
    /// <summary>[N, C, H, W].</summary>
    public float[] Images { get; } = GC.AllocateUninitializedArray<float>(checked(batchSize * pixelCount));

    /// <summary>[N].</summary>
    public long[] Labels { get; } = new long[batchSize];

    /// <summary>[N].</summary>
    public int[] Indices { get; } = new int[batchSize];
}
