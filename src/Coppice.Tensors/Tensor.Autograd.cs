using Coppice.Tensors.Native;

namespace Coppice.Tensors;

/// <content>Gradients.</content>
public sealed unsafe partial class Tensor
{
    /// <summary>
    /// Whether operations on this tensor are recorded, so that <see cref="Backward"/> reaches it. Settable on tensors without history.
    /// </summary>
    public bool RequiresGrad
    {
        get
        {
            int answer = NativeMethods.coppice_autograd_requires_grad(Handle);
            NativeError.ThrowIfFailed(answer, "RequiresGrad", this);
            return answer == 1;
        }

        set => NativeError.ThrowIfFailed(NativeMethods.coppice_autograd_set_requires_grad(Handle, value ? 1 : 0), "set RequiresGrad", this);
    }

    /// <summary>
    /// The gradient that <see cref="Backward"/> has accumulated; null before, and null to clear it. Each reading is a new
    /// reference to the same memory.
    /// </summary>
    public Tensor? Grad
    {
        get
        {
            nint gradient;
            NativeError.ThrowIfFailed(NativeMethods.coppice_autograd_gradient(Handle, &gradient), "Grad", this);
            return gradient == 0 ? null : new(gradient);
        }

        set
        {
            using var gradient = new HandleReference(value);
            NativeError.ThrowIfFailed(NativeMethods.coppice_autograd_set_gradient(Handle, gradient.Pointer), "set Grad", this, value);
        }
    }

    /// <summary>Adds d(this)/d(leaf) to the <see cref="Grad"/> of every leaf that this tensor was computed from.</summary>
    /// <param name="gradient">What to multiply by, of this tensor's shape; null for a tensor of one element.</param>
    /// <param name="retainGraph">Whether the recorded history stays for a second call.</param>
    public void Backward(Tensor? gradient = null, bool retainGraph = false)
    {
        TorchRuntime.PrepareThread();
        using var held = new HandleReference(gradient);
        NativeError.ThrowIfFailed(NativeMethods.coppice_autograd_backward(Handle, held.Pointer, retainGraph ? 1 : 0), "Backward", this, gradient);
    }
}
