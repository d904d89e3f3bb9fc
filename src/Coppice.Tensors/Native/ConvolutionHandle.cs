using System.Runtime.InteropServices;

namespace Coppice.Tensors.Native;

/// <summary>A native prepared convolution. The finaliser is the safety net; Dispose frees in time.</summary>
internal sealed class ConvolutionHandle : SafeHandle
{
    internal ConvolutionHandle(nint convolution)
        : base(nint.Zero, ownsHandle: true) => SetHandle(convolution);

    public override bool IsInvalid => handle == nint.Zero;

    protected override bool ReleaseHandle()
    {
        NativeMethods.coppice_convolution_free(handle);
        return true;
    }
}
