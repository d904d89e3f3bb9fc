using System.Diagnostics.CodeAnalysis;

namespace Coppice.Tensors;

/// <summary>Element type of a tensor; the numbers are libtorch's <c>c10::ScalarType</c>.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "Int64 and its like are the names that every tensor library has for these types.")]
public enum DType
{
    /// <summary>Unsigned integer, 8 bits.</summary>
    UInt8 = 0,

    /// <summary>Signed integer, 8 bits.</summary>
    Int8 = 1,

    /// <summary>Signed integer, 16 bits.</summary>
    Int16 = 2,

    /// <summary>Signed integer, 32 bits.</summary>
    Int32 = 3,

    /// <summary>Signed integer, 64 bits: indices and class labels.</summary>
    Int64 = 4,

    /// <summary>IEEE half precision, 11 significant bits.</summary>
    Float16 = 5,

    /// <summary>IEEE single precision, 24 significant bits.</summary>
    Float32 = 6,

    /// <summary>IEEE double precision, 53 significant bits.</summary>
    Float64 = 7,

    /// <summary>Truth value, one byte.</summary>
    Bool = 11,

    /// <summary>The upper half of single precision: its range, but only 8 significant bits.</summary>
    BFloat16 = 15,
}
