using Coppice.Tensors.Native;

namespace Coppice.Tensors;

/// <summary>Whether operations on the calling thread are recorded for gradients.</summary>
public static class GradMode
{
    /// <summary>Whether they are; true on a new thread.</summary>
    public static bool IsEnabled
    {
        get
        {
            TorchRuntime.PrepareThread();
            return NativeMethods.coppice_autograd_grad_mode() == 1;
        }
    }

    /// <summary>Switches recording off until the result is disposed, on the same thread.</summary>
    public static ThreadModeScope Disable() => Set(0);

    /// <summary>Switches recording on until the result is disposed, on the same thread.</summary>
    public static ThreadModeScope Enable() => Set(1);

    private static ThreadModeScope Set(int on)
    {
        TorchRuntime.PrepareThread();
        int former = NativeMethods.coppice_autograd_set_grad_mode(on);
        NativeError.ThrowIfFailed(former, "set grad mode");
        return new(() => NativeError.ThrowIfFailed(NativeMethods.coppice_autograd_set_grad_mode(former), "restore grad mode"));
    }
}
