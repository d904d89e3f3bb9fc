using System.Runtime.InteropServices;

namespace Coppice.Tensors.Native;

/// <summary><c>CoppiceTag</c> of operator.h.</summary>
internal enum NativeTag
{
    None = 0,
    Tensor = 1,
    Int = 2,
    Double = 3,
    Bool = 4,
    Ints = 5,
    Doubles = 6,
    Tensors = 7,
    OptionalTensors = 8,
    String = 9,
    Bools = 10,
    Device = 11,
    Scalars = 12,
}

/// <summary><c>CoppiceValue</c> of operator.h: 16 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct NativeValue
{
    [FieldOffset(0)]
    internal NativeTag Tag;

    [FieldOffset(4)]
    internal int Length;

    [FieldOffset(8)]
    internal long Integer;

    [FieldOffset(8)]
    internal void* Pointer;
}

/// <content><c>operator.h</c>.</content>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial nint coppice_operator_find(byte* name, byte* overload);

    [LibraryImport(Library)]
    internal static partial int coppice_operator_schema(nint op, byte* text, int capacity);

    [LibraryImport(Library)]
    internal static partial int coppice_operator_call(nint op, NativeValue* arguments, int count, NativeValue* results, int capacity);

    [LibraryImport(Library)]
    internal static partial int coppice_operator_take_results(NativeValue* results, int capacity);
}
