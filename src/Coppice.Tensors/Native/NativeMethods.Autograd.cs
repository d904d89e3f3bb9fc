using System.Runtime.InteropServices;

namespace Coppice.Tensors.Native;

/// <content><c>autograd.h</c>.</content>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial int coppice_autograd_requires_grad(TensorHandle tensor);

    [LibraryImport(Library)]
    internal static partial int coppice_autograd_set_requires_grad(TensorHandle tensor, int on);

    [LibraryImport(Library)]
    internal static partial int coppice_autograd_gradient(TensorHandle tensor, nint* gradient);

    [LibraryImport(Library)]
    internal static partial int coppice_autograd_set_gradient(TensorHandle tensor, nint gradient);

    [LibraryImport(Library)]
    internal static partial int coppice_autograd_backward(TensorHandle tensor, nint gradient, int retainGraph);

    [LibraryImport(Library)]
    internal static partial int coppice_autograd_grad(
        TensorHandle output, nint outputGradient, nint* inputs, int count, nint* gradients, int retainGraph, int createGraph, int allowUnused);

    [LibraryImport(Library)]
    internal static partial int coppice_autograd_set_grad_mode(int on);

    [LibraryImport(Library)]
    internal static partial int coppice_autograd_grad_mode();

    [LibraryImport(Library)]
    internal static partial int coppice_autograd_inference_mode();

    [LibraryImport(Library)]
    internal static partial nint coppice_autograd_enter_inference_mode();

    [LibraryImport(Library)]
    internal static partial void coppice_autograd_leave_inference_mode(nint guard);
}
