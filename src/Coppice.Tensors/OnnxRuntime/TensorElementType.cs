using System.Diagnostics.CodeAnalysis;

namespace Coppice.Tensors.OnnxRuntime;

/// <summary>Element types, numbered as in ONNX (<c>TensorProto.DataType</c>). A model may declare any of them; <see cref="OnnxTensor"/> carries those with a C# type.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "The members are types.")]
public enum TensorElementType
{
    /// <summary>Not a tensor, or a type that is not known.</summary>
    Undefined = 0,

    /// <summary><see cref="float"/>.</summary>
    Float32 = 1,

    /// <summary><see cref="byte"/>.</summary>
    UInt8 = 2,

    /// <summary><see cref="sbyte"/>.</summary>
    Int8 = 3,

    /// <summary><see cref="ushort"/>.</summary>
    UInt16 = 4,

    /// <summary><see cref="short"/>.</summary>
    Int16 = 5,

    /// <summary><see cref="int"/>.</summary>
    Int32 = 6,

    /// <summary><see cref="long"/>.</summary>
    Int64 = 7,

    /// <summary>Text; not supported.</summary>
    String = 8,

    /// <summary><see cref="bool"/>, one byte each.</summary>
    Bool = 9,

    /// <summary><see cref="Half"/>.</summary>
    Float16 = 10,

    /// <summary><see cref="double"/>.</summary>
    Float64 = 11,

    /// <summary><see cref="uint"/>.</summary>
    UInt32 = 12,

    /// <summary><see cref="ulong"/>.</summary>
    UInt64 = 13,

    /// <summary>Two float32; not supported.</summary>
    Complex64 = 14,

    /// <summary>Two float64; not supported.</summary>
    Complex128 = 15,

    /// <summary>The upper half of a float32; not supported.</summary>
    BFloat16 = 16,
}
