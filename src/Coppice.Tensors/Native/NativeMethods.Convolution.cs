using System.Runtime.InteropServices;

namespace Coppice.Tensors.Native;

/// <summary><c>CoppiceConvolutionSettings</c> of convolution.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeConvolutionSettings
{
    internal fixed long Stride[2];
    internal fixed long PadBegin[2];
    internal fixed long PadEnd[2];
    internal fixed long Dilation[2];
    internal long Groups;
    internal int Relu;
}

/// <content><c>convolution.h</c>.</content>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial int coppice_convolution_supports(int scalarType);

    [LibraryImport(Library)]
    internal static partial nint coppice_convolution_prepare(TensorHandle weight, nint bias, NativeConvolutionSettings* settings);

    [LibraryImport(Library)]
    internal static partial int coppice_convolution_run(
        ConvolutionHandle convolution, TensorHandle x, nint residual, int overwriteResidual, nint* result);

    [LibraryImport(Library)]
    internal static partial void coppice_convolution_free(nint convolution);

    [LibraryImport(Library)]
    internal static partial int coppice_convolution_keep_kernels(int count);

    [LibraryImport(Library)]
    internal static partial long coppice_live_convolutions();
}
