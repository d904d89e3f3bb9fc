namespace Coppice.Data.Arrays;

/// <summary>How the numbers of a stored array are coded.</summary>
internal enum ElementType
{
    /// <summary>A byte, 0 or not 0.</summary>
    Boolean,

    /// <summary>8 bits, unsigned.</summary>
    UInt8,

    /// <summary>8 bits, signed.</summary>
    Int8,

    /// <summary>16 bits, unsigned.</summary>
    UInt16,

    /// <summary>16 bits, signed.</summary>
    Int16,

    /// <summary>32 bits, unsigned.</summary>
    UInt32,

    /// <summary>32 bits, signed.</summary>
    Int32,

    /// <summary>64 bits, unsigned.</summary>
    UInt64,

    /// <summary>64 bits, signed.</summary>
    Int64,

    /// <summary>Single precision.</summary>
    Float32,

    /// <summary>Double precision.</summary>
    Float64,
}

/// <summary>What follows from an element type.</summary>
internal static class ElementTypes
{
    /// <summary>Bytes of a number.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.Boolean or ElementType.UInt8 or ElementType.Int8 => 1,
        ElementType.UInt16 or ElementType.Int16 => 2,
        ElementType.UInt32 or ElementType.Int32 or ElementType.Float32 => 4,
        _ => 8,
    };

    /// <summary>Whether full brightness is 1 where no number is above 1.</summary>
    public static bool IsShare(this ElementType type) => type is ElementType.Boolean or ElementType.Float32 or ElementType.Float64;
}
