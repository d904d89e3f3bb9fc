using System.Runtime.InteropServices;

namespace Coppice.Tensors.Native;

/// <summary>One owned reference to a native tensor. The finaliser is the safety net; scopes and Dispose free in time.</summary>
internal sealed class TensorHandle : SafeHandle
{
    internal TensorHandle(nint tensor)
        : base(nint.Zero, ownsHandle: true) => SetHandle(tensor);

    public override bool IsInvalid => handle == nint.Zero;

    protected override bool ReleaseHandle()
    {
        NativeMethods.coppice_tensor_free(handle);
        return true;
    }
}
