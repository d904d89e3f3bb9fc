using System.Globalization;

namespace Coppice.Tensors;

/// <summary>Where a tensor lives and is computed with: the CPU, or one CUDA device.</summary>
public readonly record struct Device
{
    private readonly int _cudaNumber; // 0 = CPU, n + 1 = CUDA device n, so that default(Device) is the CPU

    private Device(int cudaNumber) => _cudaNumber = cudaNumber;

    /// <summary>The CPU; also the default value.</summary>
    public static Device Cpu => default;

    /// <summary>Whether this is a CUDA device.</summary>
    public bool IsCuda => _cudaNumber > 0;

    /// <summary>Index of the CUDA device, from 0; 0 for the CPU.</summary>
    public int Index => Math.Max(0, _cudaNumber - 1);

    /// <summary>The CUDA device with the given index, from 0. Whether it exists shows at its first use.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative.</exception>
    public static Device Cuda(int index = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return new(index + 1);
    }

    /// <summary>Reads <c>cpu</c>, <c>cuda</c> (the same as <c>cuda:0</c>) or <c>cuda:N</c>.</summary>
    /// <exception cref="ArgumentException">The text is none of these.</exception>
    public static Device Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        const string prefix = "cuda:";
        if (text == "cpu") return Cpu;
        if (text == "cuda") return Cuda();
        if (text.StartsWith(prefix, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && index < int.MaxValue)
        {
            return Cuda(index);
        }
        throw new ArgumentException($"Cannot read the device '{text}': use 'cpu', 'cuda' or 'cuda:N' with N = 0, 1, 2, ….", nameof(text));
    }

    /// <summary><c>cpu</c> or <c>cuda:N</c>, as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => IsCuda ? string.Create(CultureInfo.InvariantCulture, $"cuda:{Index}") : "cpu";
}
