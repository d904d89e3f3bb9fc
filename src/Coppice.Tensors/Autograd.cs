using Coppice.Tensors.Native;

namespace Coppice.Tensors;

/// <summary>Gradients as values, without touching <see cref="Tensor.Grad"/>.</summary>
public static unsafe class Autograd
{
    /// <summary>d(y)/d(x) for each x.</summary>
    /// <param name="y">A tensor of one element, or any tensor together with <paramref name="gradient"/>.</param>
    /// <param name="xs">Tensors that y was computed from.</param>
    /// <param name="gradient">What to multiply by, of y's shape.</param>
    /// <param name="retainGraph">Whether the recorded history stays for a second call.</param>
    /// <param name="createGraph">Whether the gradients can be differentiated again.</param>
    /// <exception cref="TorchException">y does not depend on one of the xs, or has no history.</exception>
    public static Tensor[] Grad(Tensor y, IReadOnlyList<Tensor> xs, Tensor? gradient = null, bool retainGraph = false, bool createGraph = false)
    {
        ArgumentNullException.ThrowIfNull(y);
        ArgumentNullException.ThrowIfNull(xs);
        TorchRuntime.PrepareThread();
        using var output = new HandleReference(gradient);
        nint[] inputs = new nint[xs.Count], gradients = new nint[xs.Count];
        int held = 0;
        try
        {
            for (; held < inputs.Length; held++) inputs[held] = Hold(xs[held]);
            fixed (nint* input = inputs)
            fixed (nint* result = gradients)
            {
                int status = NativeMethods.coppice_autograd_grad(
                    y.Handle, output.Pointer, input, inputs.Length, result, retainGraph || createGraph ? 1 : 0, createGraph ? 1 : 0, allowUnused: 0);
                NativeError.ThrowIfFailed(status, "Autograd.Grad", [y, .. xs]);
            }
        }
        finally
        {
            for (int i = 0; i < held; i++) xs[i].Handle.DangerousRelease();
        }
        return Array.ConvertAll(gradients, tensor => new Tensor(tensor));
    }

    private static nint Hold(Tensor tensor)
    {
        bool added = false;
        tensor.Handle.DangerousAddRef(ref added);
        return tensor.Handle.DangerousGetHandle();
    }
}
