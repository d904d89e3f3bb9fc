using Coppice.Tensors.Native;

namespace Coppice.Tensors;

/// <summary>
/// A tensor of libtorch. Methods return new tensors (which may share memory where libtorch's do) unless their name ends in
/// <c>InPlace</c>; these change the tensor and return it. Freed by <see cref="Dispose"/> or by the <see cref="TensorScope"/>
/// in which it was made.
/// </summary>
/// <remarks>libtorch's refusals (wrong shapes, wrong types) are <see cref="TorchException"/>s that name the operator and its arguments.</remarks>
public sealed unsafe partial class Tensor : IDisposable
{
    /// <summary>Takes over one native reference.</summary>
    internal Tensor(nint tensor)
    {
        Handle = new(tensor);
        TensorScope.Current?.Add(this);
    }

    /// <summary>Lengths of the dimensions, outermost first; a new array each time.</summary>
    public long[] Shape
    {
        get
        {
            long[] sizes = new long[Rank];
            fixed (long* first = sizes) NativeError.ThrowIfFailed(NativeMethods.coppice_tensor_sizes(Handle, first, null), "shape");
            return sizes;
        }
    }

    /// <summary>Distances in memory, in elements, between neighbours along each dimension; a new array each time.</summary>
    public long[] Strides
    {
        get
        {
            long[] sizes = new long[Rank], strides = new long[sizes.Length];
            fixed (long* size = sizes)
            fixed (long* stride = strides)
            {
                NativeError.ThrowIfFailed(NativeMethods.coppice_tensor_sizes(Handle, size, stride), "strides");
            }
            return strides;
        }
    }

    /// <summary>Number of dimensions; 0 for a scalar.</summary>
    public int Rank => Info.Rank;

    /// <summary>Number of elements.</summary>
    public long Length => Info.Elements;

    /// <summary>Element type.</summary>
    public DType DType => (DType)Info.ScalarType;

    /// <summary>Where the elements are.</summary>
    public Device Device => DeviceOf(Info);

    /// <summary>Whether <see cref="Dispose"/> was called, or the scope ended.</summary>
    public bool IsDisposed => Handle.IsClosed;

    internal TensorHandle Handle { get; }

    /// <summary>The scope that frees the tensor, and its place there.</summary>
    internal TensorScope? Owner { get; set; }

    internal int Slot { get; set; }

    private NativeTensorInfo Info
    {
        get
        {
            NativeTensorInfo info;
            NativeError.ThrowIfFailed(NativeMethods.coppice_tensor_info(Handle, &info), "facts of a tensor");
            return info;
        }
    }

    /// <summary>Length of one dimension; negative counts from the last, -1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dimension.</exception>
    public long Size(int dimension)
    {
        long[] shape = Shape;
        int index = dimension < 0 ? dimension + shape.Length : dimension;
        return index >= 0 && index < shape.Length
            ? shape[index]
            : throw new ArgumentOutOfRangeException(nameof(dimension), dimension, $"{this} has {shape.Length} dimensions.");
    }

    /// <summary>Whether the elements lie in memory in the order of the format, without gaps.</summary>
    public bool IsContiguous(MemoryFormat format = MemoryFormat.Contiguous)
    {
        int answer = NativeMethods.coppice_tensor_is_contiguous(Handle, (int)format);
        NativeError.ThrowIfFailed(answer, $"IsContiguous({format})", this);
        return answer == 1;
    }

    /// <summary>
    /// The elements themselves, in row-major order. Valid while this tensor lives: keep it, for instance with <c>using</c>,
    /// until after the last use of the span.
    /// </summary>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is not the element type.</exception>
    /// <exception cref="InvalidOperationException">The tensor is on another device, not in row-major order, or too long for a span.</exception>
    public Span<T> AsSpan<T>()
        where T : unmanaged
    {
        var info = Info;
        RequireType<T>(info);
        string? obstacle = info switch
        {
            { DeviceType: not 0 } => "the elements are not in this process's memory; use To(Device.Cpu) or ToArray.",
            { Elements: > int.MaxValue } => $"a span holds at most {int.MaxValue} elements; take a part with Narrow.",
            _ => IsContiguous() ? null : "its elements are not in row-major order in memory; use Contiguous() or ToArray.",
        };
        return obstacle is null ? new(info.Data, (int)info.Elements) : throw new InvalidOperationException($"AsSpan of {this}: {obstacle}");
    }

    /// <summary>A copy of the elements in row-major order, from any device and memory format.</summary>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is not the element type.</exception>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        var info = Info;
        RequireType<T>(info);
        var copy = new T[checked((int)info.Elements)];
        fixed (T* destination = copy)
        {
            TorchRuntime.PrepareThread();
            NativeError.ThrowIfFailed(NativeMethods.coppice_tensor_to_data(Handle, destination, (long)copy.Length * sizeof(T)), "ToArray", this);
        }
        return copy;
    }

    /// <summary>The value of a tensor of one element, of any type.</summary>
    /// <exception cref="TorchException">There is not exactly one element.</exception>
    public double Item()
    {
        double value;
        NativeError.ThrowIfFailed(NativeMethods.coppice_tensor_item(Handle, &value), "Item", this);
        return value;
    }

    /// <summary>Takes the tensor out of its scope: from now on the caller frees it.</summary>
    /// <returns>This tensor.</returns>
    public Tensor Keep()
    {
        Owner?.Keep(this);
        return this;
    }

    /// <summary>Frees this reference; memory that other tensors share lives on. A second call does nothing.</summary>
    public void Dispose()
    {
        Owner?.ForgetDisposed(this);
        Handle.Dispose();
    }

    /// <summary>Type, shape and, when not the CPU, device: <c>float32[2,3]</c>, <c>int64[] on cuda:0</c>.</summary>
    public override string ToString()
    {
        if (IsDisposed) return "disposed tensor";
        var info = Info;
        string text = FormattableString.Invariant($"{NameOf((DType)info.ScalarType)}[{string.Join(',', Shape)}]");
        return info.DeviceType == 0 ? text : $"{text} on {DeviceOf(info)}";
    }

    private static string NameOf(DType dtype) => dtype.ToString().ToLowerInvariant();

    private static Device DeviceOf(in NativeTensorInfo info) => info.DeviceType switch
    {
        0 => Device.Cpu,
        1 => Device.Cuda(info.DeviceIndex),
        var other => throw new InvalidOperationException(
            $"The tensor is on a device of libtorch's type {other}; only the CPU and CUDA are supported."),
    };

    private void RequireType<T>(in NativeTensorInfo info)
        where T : unmanaged
    {
        var dtype = DTypes.Of<T>();
        if ((DType)info.ScalarType != dtype)
        {
            throw new ArgumentException(
                $"{this} does not hold {typeof(T).Name} values: ask for its own type, or use To(DType.{dtype}) first.");
        }
    }
}
