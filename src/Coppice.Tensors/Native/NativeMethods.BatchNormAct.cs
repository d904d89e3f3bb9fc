using System.Runtime.InteropServices;

namespace Coppice.Tensors.Native;

/// <content><c>batch_norm_act.h</c>.</content>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial int coppice_batch_norm_act(
        TensorHandle x,
        nint residual,
        TensorHandle weight,
        TensorHandle bias,
        nint runningMean,
        nint runningVar,
        int training,
        int unbiased,
        double momentum,
        double epsilon,
        int relu,
        int overwrite,
        nint* result);

    [LibraryImport(Library)]
    internal static partial int coppice_batch_norm_kernel_level();

    [LibraryImport(Library)]
    internal static partial int coppice_batch_norm_select_kernel(int level);
}
