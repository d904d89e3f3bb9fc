using System.Text;
using Coppice.Tensors.Native;

namespace Coppice.Tensors;

/// <summary>One argument of a <see cref="TorchOperator"/>; made by implicit conversion from the .NET value.</summary>
public readonly struct TorchValue
{
    private TorchValue(NativeTag tag, long bits = 0, object? payload = null, int length = 0, int payloadBytes = 0)
    {
        Tag = tag;
        Bits = bits;
        Payload = payload;
        Length = length;
        PayloadBytes = payloadBytes;
    }

    /// <summary>An absent optional argument.</summary>
    public static TorchValue None => default;

    internal NativeTag Tag { get; }

    internal long Bits { get; }

    internal object? Payload { get; }

    internal int Length { get; }

    internal int PayloadBytes { get; }

    /// <summary>A tensor; null is an absent optional tensor.</summary>
    public static implicit operator TorchValue(Tensor? value) => value is null ? None : new(NativeTag.Tensor, payload: value);

    /// <summary>An integer, or a scalar.</summary>
    public static implicit operator TorchValue(long value) => new(NativeTag.Int, value);

    /// <summary>A float, or a scalar.</summary>
    public static implicit operator TorchValue(double value) => new(NativeTag.Double, BitConverter.DoubleToInt64Bits(value));

    /// <summary>A float, or a scalar; null is an absent optional one.</summary>
    public static implicit operator TorchValue(double? value) => value is { } number ? number : None;

    /// <summary>A truth value.</summary>
    public static implicit operator TorchValue(bool value) => new(NativeTag.Bool, value ? 1 : 0);

    /// <summary>An element type (<c>ScalarType</c> in a schema).</summary>
    public static implicit operator TorchValue(DType value) => new(NativeTag.Int, (long)value);

    /// <summary>An element type; null is an absent optional one.</summary>
    public static implicit operator TorchValue(DType? value) => value is { } dtype ? dtype : None;

    /// <summary>A memory format.</summary>
    public static implicit operator TorchValue(MemoryFormat value) => new(NativeTag.Int, (long)value);

    /// <summary>A device.</summary>
    public static implicit operator TorchValue(Device value) => Text(NativeTag.Device, value.ToString());

    /// <summary>A string.</summary>
    public static implicit operator TorchValue(string value) => Text(NativeTag.String, value);

    /// <summary>A list of integers: sizes, strides, dimensions.</summary>
    public static implicit operator TorchValue(long[] value) => List(NativeTag.Ints, value, sizeof(long));

    /// <summary>A list of integers, copied.</summary>
    public static implicit operator TorchValue(ReadOnlySpan<long> value) => value.ToArray();

    /// <summary>A list of floats.</summary>
    public static implicit operator TorchValue(double[] value) => List(NativeTag.Doubles, value, sizeof(double));

    /// <summary>A list of truth values.</summary>
    public static implicit operator TorchValue(bool[] value) => List(NativeTag.Bools, value, sizeof(bool));

    /// <summary>A list of tensors, none of them null.</summary>
    public static implicit operator TorchValue(Tensor[] value) => List(NativeTag.Tensors, value, sizeof(long));

    /// <summary>A list of optional tensors (<c>Tensor?[]</c> in a schema).</summary>
    public static TorchValue OptionalTensors(params Tensor?[] value) => List(NativeTag.OptionalTensors, value, sizeof(long));

    /// <summary>A list of scalars (<c>Scalar[]</c> in a schema).</summary>
    public static TorchValue Scalars(params double[] value) => List(NativeTag.Scalars, value, sizeof(double));

    /// <summary>The value as an error message shows it: <c>float32[2,3]</c>, <c>[1, 1]</c>, <c>0.5</c>.</summary>
    public override string ToString() => Tag switch
    {
        NativeTag.None => "none",
        NativeTag.Int => FormattableString.Invariant($"{Bits}"),
        NativeTag.Double => FormattableString.Invariant($"{BitConverter.Int64BitsToDouble(Bits)}"),
        NativeTag.Bool => Bits != 0 ? "true" : "false",
        NativeTag.Ints => FormatList((long[])Payload!),
        NativeTag.Doubles or NativeTag.Scalars => FormatList((double[])Payload!),
        NativeTag.Bools => FormatList((bool[])Payload!),
        NativeTag.Tensors or NativeTag.OptionalTensors => FormatList((Tensor?[])Payload!),
        _ => Payload!.ToString()!,
    };

    private static TorchValue Text(NativeTag tag, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int bytes = Encoding.UTF8.GetByteCount(text);
        return new(tag, payload: text, length: bytes, payloadBytes: bytes);
    }

    private static TorchValue List<T>(NativeTag tag, T[] list, int elementSize)
    {
        ArgumentNullException.ThrowIfNull(list);
        return new(tag, payload: list, length: list.Length, payloadBytes: checked(list.Length * elementSize));
    }

    private static string FormatList<T>(T[] list)
    {
        const int shown = 8;
        var items = list.Take(shown).Select(item => item is null ? "none" : FormattableString.Invariant($"{item}"));
        return $"[{string.Join(", ", items)}{(list.Length > shown ? $", … {list.Length} in all" : string.Empty)}]";
    }
}
