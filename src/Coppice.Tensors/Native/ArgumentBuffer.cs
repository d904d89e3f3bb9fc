using System.Runtime.InteropServices;
using System.Text;

namespace Coppice.Tensors.Native;

/// <summary>Operator arguments in the native layout: lists and strings copied into one block, every handle held until Dispose.</summary>
internal unsafe ref struct ArgumentBuffer
{
    /// <summary>Bytes of list data that a caller offers on its stack; longer lists go to the heap.</summary>
    internal const int StackBytes = 512;

    private readonly ReadOnlySpan<TorchValue> _arguments;
    private readonly NativeValue* _values;
    private byte* _heap;
    private byte* _next;
    private int _held; // handles referenced so far, in the order of Tensors()

    /// <param name="arguments">The arguments.</param>
    /// <param name="values">Room for as many native values as there are arguments.</param>
    /// <param name="stack">Scratch memory of <see cref="StackBytes"/> bytes, 8-byte aligned.</param>
    internal ArgumentBuffer(ReadOnlySpan<TorchValue> arguments, NativeValue* values, byte* stack)
    {
        _arguments = arguments;
        _values = values;
        int bytes = 0;
        foreach (ref readonly var argument in arguments) bytes += Align(argument.PayloadBytes);
        if (bytes > StackBytes) _heap = (byte*)NativeMemory.Alloc((nuint)bytes);
        _next = _heap is null ? stack : _heap;
    }

    /// <summary>Writes all arguments. On an exception Dispose must still be called.</summary>
    internal void Write()
    {
        for (int i = 0; i < _arguments.Length; i++)
        {
            ref readonly var argument = ref _arguments[i];
            ref var value = ref _values[i];
            value.Tag = argument.Tag;
            value.Length = argument.Length;
            value.Integer = argument.Bits;
            if (argument.Payload is Tensor tensor) value.Pointer = Hold(tensor);
            else if (argument.Payload is { } payload) value.Pointer = Copy(payload, argument.PayloadBytes);
        }
    }

    /// <summary>Lets go of the handles and of the block.</summary>
    public void Dispose()
    {
        foreach (ref readonly var argument in _arguments)
        {
            if (argument.Payload is Tensor tensor) Release(tensor);
            else if (argument.Payload is Tensor?[] list) foreach (var item in list) Release(item);
        }
        NativeMemory.Free(_heap);
        _heap = null;
    }

    private static int Align(int bytes) => (bytes + 7) & ~7;

    private byte* Copy(object payload, int bytes)
    {
        byte* start = _next;
        _next += Align(bytes);
        switch (payload)
        {
            case long[] integers: integers.CopyTo(new Span<long>(start, integers.Length)); break;
            case double[] reals: reals.CopyTo(new Span<double>(start, reals.Length)); break;
            case bool[] truths: truths.CopyTo(new Span<bool>(start, truths.Length)); break;
            case string text: Encoding.UTF8.GetBytes(text, new Span<byte>(start, bytes)); break;
            case Tensor?[] tensors:
                for (int i = 0; i < tensors.Length; i++) ((void**)start)[i] = tensors[i] is { } tensor ? Hold(tensor) : null;
                break;
        }
        return start;
    }

    // A referenced handle cannot be freed by another thread, or by the finaliser, while the call runs.
    private void* Hold(Tensor tensor)
    {
        bool added = false;
        tensor.Handle.DangerousAddRef(ref added);
        _held++;
        return (void*)tensor.Handle.DangerousGetHandle();
    }

    private void Release(Tensor? tensor)
    {
        if (tensor is null || _held == 0) return;
        _held--;
        tensor.Handle.DangerousRelease();
    }
}
