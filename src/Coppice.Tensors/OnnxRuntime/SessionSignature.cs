using System.Collections.Immutable;

namespace Coppice.Tensors.OnnxRuntime;

/// <summary>What a session takes and gives: read from the runtime, and held against what a caller brings, so that a mistake is told in the caller's words.</summary>
internal static class SessionSignature
{
    public static ImmutableArray<TensorInfo> ReadInputs(OrtApi api, nint session) =>
        Read(api, session, OrtFunction.SessionGetInputCount, OrtFunction.SessionGetInputName, OrtFunction.SessionGetInputTypeInfo);

    public static ImmutableArray<TensorInfo> ReadOutputs(OrtApi api, nint session) =>
        Read(api, session, OrtFunction.SessionGetOutputCount, OrtFunction.SessionGetOutputName, OrtFunction.SessionGetOutputTypeInfo);

    /// <exception cref="ArgumentException">An input is missing, unknown, or of another type or shape.</exception>
    public static void Check(IReadOnlyList<TensorInfo> declared, IReadOnlyDictionary<string, OnnxTensor> given)
    {
        ArgumentNullException.ThrowIfNull(given);
        foreach (string name in given.Keys)
        {
            if (!declared.Any(input => input.Name == name)) throw Fault($"it has no input '{name}'; its inputs are {List(declared)}.");
        }

        foreach (var input in declared)
        {
            if (!given.TryGetValue(input.Name, out var tensor)) throw Fault($"the input '{input.Name}' is missing; give a tensor {input.Describe()}.");
            if (tensor.ElementType != input.ElementType || !input.Accepts(tensor.Shape))
            {
                throw Fault($"the input '{input.Name}' must be {input.Describe()}, but {tensor} was given.");
            }
        }
    }

    /// <exception cref="ArgumentException">No output is wanted, or one twice, or one that does not exist.</exception>
    public static void Check(IReadOnlyList<TensorInfo> declared, IReadOnlyList<string> wanted)
    {
        if (wanted.Count == 0) throw Fault("no output is asked for; name at least one.");
        for (int index = 0; index < wanted.Count; index++)
        {
            string name = wanted[index];
            if (!declared.Any(output => output.Name == name)) throw Fault($"it has no output '{name}'; its outputs are {List(declared)}.");
            if (wanted.Take(index).Contains(name)) throw Fault($"the output '{name}' is asked for twice; name it once.");
        }
    }

    private static ImmutableArray<TensorInfo> Read(OrtApi api, nint session, int count, int name, int type)
    {
        var infos = ImmutableArray.CreateBuilder<TensorInfo>();
        for (int index = 0; index < api.Count(count, session); index++)
        {
            using var handle = api.TypeInfo(type, session, index);
            infos.Add(Describe(api, api.Name(name, session, index), handle));
        }

        return infos.ToImmutable();
    }

    private static TensorInfo Describe(OrtApi api, string name, OrtTypeInfoHandle handle)
    {
        using var type = handle.Lend();
        nint tensor = api.TensorInfo(type.Pointer);
        if (tensor == 0) return new(name, TensorElementType.Undefined, [], []);
        long[] dimensions = api.Dimensions(tensor);
        return new(name, api.ElementType(tensor), [.. dimensions], [.. api.SymbolicDimensions(tensor, dimensions.Length)]);
    }

    private static ArgumentException Fault(string rule) => new($"Cannot run the network: {rule}");

    private static string List(IReadOnlyList<TensorInfo> infos) => string.Join(", ", infos.Select(info => $"'{info.Name}'"));
}
