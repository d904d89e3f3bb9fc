using System.Runtime.InteropServices;

namespace Coppice.Tensors.Native;

/// <content><c>runtime.h</c>, and glibc's <c>malloc.h</c>.</content>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial int coppice_runtime_set_threads(int threads);

    [LibraryImport(Library)]
    internal static partial int coppice_runtime_threads();

    [LibraryImport(Library)]
    internal static partial int coppice_runtime_seed(long seed);

    [LibraryImport(Library)]
    internal static partial int coppice_runtime_set_flush_denormal(int on);

    [LibraryImport(Library)]
    internal static partial int coppice_runtime_has_cuda();

    [LibraryImport(Library)]
    internal static partial byte* coppice_runtime_version();

    [LibraryImport(Library)]
    internal static partial byte* coppice_runtime_configuration();

    [LibraryImport("libc")]
    internal static partial int mallopt(int parameter, int value);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int setenv(string name, string value, int overwrite);
}
