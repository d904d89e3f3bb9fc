namespace Coppice.Tensors;

/// <summary>Order of the elements in memory; the numbers are libtorch's <c>c10::MemoryFormat</c>.</summary>
public enum MemoryFormat
{
    /// <summary>Row-major: the last dimension varies fastest.</summary>
    Contiguous = 0,

    /// <summary>The order that the source has.</summary>
    Preserve = 1,

    /// <summary>[N,C,H,W] stored as N, H, W, C: the channels of a pixel lie side by side. Convolutions are fastest so.</summary>
    ChannelsLast = 2,
}
