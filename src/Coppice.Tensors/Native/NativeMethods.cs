using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Coppice.Tensors.Native;

/// <summary>The C functions of native/: one file of this class per header. <c>error.h</c> is here.</summary>
internal static unsafe partial class NativeMethods
{
    /// <summary>Status of a call that failed; <see cref="coppice_error"/> holds the reason.</summary>
    internal const int Failed = -1;

    private const string Library = "coppice_native";

    static NativeMethods() => NativeLibrary.SetDllImportResolver(
        typeof(NativeMethods).Assembly,
        (name, _, _) => name == Library ? NativeLibraryLoader.Handle : nint.Zero);

    [LibraryImport(Library)]
    internal static partial byte* coppice_error();
}
