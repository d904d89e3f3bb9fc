using Coppice.Tensors.Native;

namespace Coppice.Tensors;

/// <summary>As <see cref="GradMode.Disable"/>, and cheaper: tensors made inside can never take part in gradients, not even later.</summary>
public static class InferenceMode
{
    /// <summary>Whether the calling thread is in inference mode.</summary>
    public static bool IsEnabled
    {
        get
        {
            TorchRuntime.PrepareThread();
            return NativeMethods.coppice_autograd_inference_mode() == 1;
        }
    }

    /// <summary>Enters inference mode until the result is disposed, on the same thread.</summary>
    public static ThreadModeScope Enable()
    {
        TorchRuntime.PrepareThread();
        nint guard = NativeMethods.coppice_autograd_enter_inference_mode();
        return guard != 0
            ? new(() => NativeMethods.coppice_autograd_leave_inference_mode(guard))
            : throw NativeError.Create("InferenceMode.Enable", string.Empty);
    }
}
