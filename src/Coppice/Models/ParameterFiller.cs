using System.Runtime.InteropServices;
using System.Text;
using Coppice.Graph;
using Coppice.Search;

namespace Coppice.Models;

/// <summary>Makes the parameters of a new network.</summary>
internal static class ParameterFiller
{
    /// <summary>Fills every parameter; the order given is kept.</summary>
    public static IEnumerable<KeyValuePair<string, HostTensor>> Fill(
        IEnumerable<(string Name, TensorShape Shape, Initializer Initializer)> parameters, WeightInitialization initialization, ulong seed)
    {
        var all = parameters.ToArray();
        return initialization == WeightInitialization.Zero
            ? Zeros(all)
            : all.Select(parameter => KeyValuePair.Create(parameter.Name, Random(parameter.Name, parameter.Shape, parameter.Initializer, seed)));
    }

    /// <summary>FNV-1a (Fowler, Noll &amp; Vo) with 64 bits of the UTF-8 name: the same on every platform and in every run, unlike <see cref="string.GetHashCode()"/>.</summary>
    internal static ulong StableHash(string name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte letter in Encoding.UTF8.GetBytes(name))
        {
            hash = unchecked((hash ^ letter) * 0x100000001B3);
        }

        return hash;
    }

    private static HostTensor Random(string name, TensorShape shape, Initializer initializer, ulong seed)
    {
        byte[] bytes = new byte[ByteCount(shape)];
        initializer.Fill(MemoryMarshal.Cast<byte, float>(bytes.AsSpan()), Rng.For(seed, StableHash(name)));
        return HostTensor.FromBytes(ElementType.Float32, shape, bytes);
    }

    /// <summary>Host tensors are immutable, so all may look at the same zeros, which the system need not even provide until someone reads them.</summary>
    private static IEnumerable<KeyValuePair<string, HostTensor>> Zeros((string Name, TensorShape Shape, Initializer)[] parameters)
    {
        ReadOnlyMemory<byte> zeros = new byte[parameters.Max(parameter => ByteCount(parameter.Shape))];
        return parameters.Select(parameter =>
            KeyValuePair.Create(parameter.Name, HostTensor.FromBytes(ElementType.Float32, parameter.Shape, zeros[..ByteCount(parameter.Shape)])));
    }

    private static int ByteCount(TensorShape shape) => checked((int)(shape.Length * sizeof(float)));
}
