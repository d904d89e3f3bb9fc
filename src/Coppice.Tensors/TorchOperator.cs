using System.Collections.Concurrent;
using System.Text;
using Coppice.Tensors.Native;

namespace Coppice.Tensors;

/// <summary>
/// An operator of libtorch's dispatcher, called by position; missing trailing arguments take the schema's defaults.
/// Everything that has no method on <see cref="Tensor"/> can be reached this way.
/// </summary>
public sealed unsafe class TorchOperator
{
    private static readonly ConcurrentDictionary<(string Name, string Overload), TorchOperator> Cache = new();

    private nint _handle; // 0 until the first use, so that naming an operator loads nothing

    internal TorchOperator(string name, string overload = "") => (Name, Overload) = (name, overload);

    /// <summary>Name with its namespace, as <c>aten::relu</c>.</summary>
    public string Name { get; }

    /// <summary>Overload, as <c>Tensor</c> in <c>aten::add.Tensor</c>; empty for the unnamed one.</summary>
    public string Overload { get; }

    /// <summary>libtorch's signature with argument names and defaults.</summary>
    public string Schema
    {
        get
        {
            nint op = Resolve();
            byte* buffer = stackalloc byte[1024];
            int length = NativeMethods.coppice_operator_schema(op, buffer, 1024);
            NativeError.ThrowIfFailed(length, $"schema of {this}");
            if (length <= 1024) return Encoding.UTF8.GetString(buffer, length);
            byte[] larger = new byte[length];
            fixed (byte* text = larger) NativeError.ThrowIfFailed(NativeMethods.coppice_operator_schema(op, text, length), $"schema of {this}");
            return Encoding.UTF8.GetString(larger);
        }
    }

    /// <summary>Finds an operator.</summary>
    /// <exception cref="TorchException">This libtorch has no such operator.</exception>
    public static TorchOperator Get(string name, string overload = "")
    {
        var op = Cache.GetOrAdd((name, overload), key => new(key.Name, key.Overload));
        op.Resolve();
        return op;
    }

    /// <summary>Calls an operator that has one tensor as its result.</summary>
    /// <exception cref="TorchException">libtorch refused, or the result is not one tensor.</exception>
    public Tensor Call(params ReadOnlySpan<TorchValue> arguments)
    {
        NativeValue result;
        int count = CallNative(arguments, &result, 1);
        if (count == 1 && result is { Tag: NativeTag.Tensor, Integer: not 0 }) return new((nint)result.Pointer);
        if (count > 1) foreach (var unwanted in CollectWaiting(count)) unwanted.Dispose();
        throw new TorchException(Name, $"{this} has {count} results, not one tensor: use CallMany or Invoke.");
    }

    /// <summary>Calls an operator that has several tensors, or a list of them, as its result; scalars among them are left out.</summary>
    /// <exception cref="TorchException">libtorch refused.</exception>
    public Tensor[] CallMany(params ReadOnlySpan<TorchValue> arguments)
    {
        const int usual = 8;
        NativeValue* results = stackalloc NativeValue[usual];
        int count = CallNative(arguments, results, usual);
        return count <= usual ? Wrap(new(results, count)) : CollectWaiting(count);
    }

    /// <summary>Calls an operator for its effect; its results are dropped.</summary>
    /// <exception cref="TorchException">libtorch refused.</exception>
    public void Invoke(params ReadOnlySpan<TorchValue> arguments) => CallNative(arguments, null, 0);

    /// <summary><c>aten::add.Tensor</c>.</summary>
    public override string ToString() => Overload.Length == 0 ? Name : $"{Name}.{Overload}";

    private static Tensor[] Wrap(ReadOnlySpan<NativeValue> results)
    {
        var tensors = new List<Tensor>(results.Length);
        foreach (var result in results)
        {
            if (result is { Tag: NativeTag.Tensor, Integer: not 0 }) tensors.Add(new((nint)result.Pointer));
        }
        return [.. tensors];
    }

    private Tensor[] CollectWaiting(int count)
    {
        var results = new NativeValue[count];
        fixed (NativeValue* first = results)
        {
            NativeError.ThrowIfFailed(NativeMethods.coppice_operator_take_results(first, count), Name);
        }
        return Wrap(results);
    }

    private int CallNative(ReadOnlySpan<TorchValue> arguments, NativeValue* results, int capacity)
    {
        nint op = Resolve();
        NativeValue* values = stackalloc NativeValue[arguments.Length];
        long* scratch = stackalloc long[ArgumentBuffer.StackBytes / sizeof(long)];
        var buffer = new ArgumentBuffer(arguments, values, (byte*)scratch);
        try
        {
            buffer.Write();
            int count = NativeMethods.coppice_operator_call(op, values, arguments.Length, results, capacity);
            if (count == NativeMethods.Failed) throw NativeError.Create(Name, Describe(arguments));
            return count;
        }
        finally
        {
            buffer.Dispose();
        }
    }

    private static string Describe(ReadOnlySpan<TorchValue> arguments)
    {
        var texts = new string[arguments.Length];
        for (int i = 0; i < texts.Length; i++) texts[i] = arguments[i].ToString();
        return string.Join(", ", texts);
    }

    private nint Resolve()
    {
        TorchRuntime.PrepareThread();
        return _handle != 0 ? _handle : Find();
    }

    private nint Find()
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(Name + "\0"))
        fixed (byte* overload = Encoding.UTF8.GetBytes(Overload + "\0"))
        {
            nint found = NativeMethods.coppice_operator_find(name, overload);
            return found != 0 ? _handle = found : throw NativeError.Create($"operator {this}", string.Empty);
        }
    }
}
