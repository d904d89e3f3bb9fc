using System.Runtime.InteropServices;

namespace Coppice.Tensors.Native;

/// <summary><c>CoppiceTensorInfo</c> of tensor.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeTensorInfo
{
    internal long Elements;
    internal void* Data;
    internal int Rank;
    internal int ScalarType;
    internal int DeviceType;
    internal int DeviceIndex;
}

/// <content><c>tensor.h</c>.</content>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial nint coppice_tensor_from_data(void* data, long* sizes, int rank, int scalarType);

    [LibraryImport(Library)]
    internal static partial int coppice_tensor_to_data(TensorHandle tensor, void* destination, long bytes);

    [LibraryImport(Library)]
    internal static partial int coppice_tensor_item(TensorHandle tensor, double* value);

    [LibraryImport(Library)]
    internal static partial void coppice_tensor_free(nint tensor);

    [LibraryImport(Library)]
    internal static partial int coppice_tensor_info(TensorHandle tensor, NativeTensorInfo* info);

    [LibraryImport(Library)]
    internal static partial int coppice_tensor_sizes(TensorHandle tensor, long* sizes, long* strides);

    [LibraryImport(Library)]
    internal static partial int coppice_tensor_is_contiguous(TensorHandle tensor, int memoryFormat);

    [LibraryImport(Library)]
    internal static partial long coppice_live_tensors();
}
