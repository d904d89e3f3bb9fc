using Coppice.Tensors.Native;

namespace Coppice.Tensors;

/// <content>Making and converting.</content>
public sealed unsafe partial class Tensor
{
    /// <summary>A tensor whose elements are not set.</summary>
    public static Tensor Empty(
        ReadOnlySpan<long> shape,
        DType dtype = DType.Float32,
        Device device = default,
        MemoryFormat format = MemoryFormat.Contiguous) =>
        Aten.Empty.Call(shape, dtype, TorchValue.None, device, TorchValue.None, format);

    /// <summary>A tensor of zeros.</summary>
    public static Tensor Zeros(ReadOnlySpan<long> shape, DType dtype = DType.Float32, Device device = default) =>
        Aten.Zeros.Call(shape, dtype, TorchValue.None, device);

    /// <summary>A tensor of ones.</summary>
    public static Tensor Ones(ReadOnlySpan<long> shape, DType dtype = DType.Float32, Device device = default) => Full(shape, 1, dtype, device);

    /// <summary>A tensor whose elements all have one value.</summary>
    public static Tensor Full(ReadOnlySpan<long> shape, double value, DType dtype = DType.Float32, Device device = default) =>
        Aten.Full.Call(shape, value, dtype, TorchValue.None, device);

    /// <summary>A CPU tensor with a copy of the values, given in row-major order.</summary>
    /// <param name="values">The elements; their type decides the tensor's.</param>
    /// <param name="shape">Lengths of the dimensions; none for a scalar.</param>
    /// <exception cref="ArgumentException">The shape does not hold as many elements, or no element type fits.</exception>
    public static Tensor FromArray<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var dtype = DTypes.Of<T>();
        RequireLength(values.Length, shape);
        TorchRuntime.PrepareThread();
        fixed (T* data = values)
        fixed (long* sizes = shape)
        {
            nint tensor = NativeMethods.coppice_tensor_from_data(data, sizes, shape.Length, (int)dtype);
            return tensor != 0 ? new(tensor) : throw NativeError.Create("FromArray", $"{NameOf(dtype)}[{Join(shape)}]");
        }
    }

    /// <inheritdoc cref="FromArray{T}(ReadOnlySpan{T}, ReadOnlySpan{long})"/>
    public static Tensor FromArray<T>(T[] values, params ReadOnlySpan<long> shape)
        where T : unmanaged => FromArray((ReadOnlySpan<T>)values, shape);

    /// <summary>A tensor without dimensions.</summary>
    public static Tensor Scalar(double value, DType dtype = DType.Float32, Device device = default) => Full([], value, dtype, device);

    /// <summary>The elements in another type; shares memory when the type is already that.</summary>
    public Tensor To(DType dtype) => Aten.ToDType.Call(this, dtype);

    /// <summary>The elements on another device; shares memory when they are already there.</summary>
    public Tensor To(Device device) => Aten.ToDevice.Call(this, device, DType);

    /// <summary>The elements in the given order in memory; shares memory when they already are.</summary>
    public Tensor Contiguous(MemoryFormat format = MemoryFormat.Contiguous) => Aten.Contiguous.Call(this, format);

    /// <summary>A copy with memory of its own. Gradients flow through.</summary>
    public Tensor Clone() => Aten.Clone.Call(this);

    /// <summary>The same memory without history: no gradient flows through.</summary>
    public Tensor Detach() => Aten.Detach.Call(this);

    /// <summary>Overwrites the elements with another tensor's, broadcast and converted as needed.</summary>
    /// <returns>This tensor.</returns>
    public Tensor CopyFrom(Tensor source) => InPlace(Aten.CopyInPlace, source);

    /// <summary>Overwrites every element with the value.</summary>
    /// <returns>This tensor.</returns>
    public Tensor FillInPlace(double value) => InPlace(Aten.FillInPlace, value);

    private static void RequireLength(int length, ReadOnlySpan<long> shape)
    {
        long elements = 1;
        foreach (long size in shape)
        {
            if (size < 0) throw new ArgumentException($"The shape [{Join(shape)}] has a negative length.", nameof(shape));
            elements = checked(elements * size);
        }
        if (elements != length)
        {
            throw new ArgumentException($"{length} values do not fill the shape [{Join(shape)}] of {elements} elements.", nameof(shape));
        }
    }

    private static string Join(ReadOnlySpan<long> shape) => string.Join(',', shape.ToArray());

    private Tensor InPlace(TorchOperator op, params ReadOnlySpan<TorchValue> arguments)
    {
        op.Invoke([this, .. arguments]);
        return this;
    }
}
