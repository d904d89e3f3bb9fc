using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Coppice.Tensors;
using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Runs;

/// <summary>What a run ran on; without it a number is not a result.</summary>
/// <param name="Coppice">Version of this program.</param>
/// <param name="Runtime">Version of .NET.</param>
/// <param name="Libtorch">Version of the training engine.</param>
/// <param name="OnnxRuntime">Version of the deployment runtime.</param>
/// <param name="OperatingSystem">Name and version.</param>
/// <param name="Processor">Model name of the CPU.</param>
/// <param name="Cores">Cores that this process may use.</param>
/// <param name="Threads">Threads of the training engine.</param>
/// <param name="HasBFloat16">Whether the CPU multiplies bf16 natively.</param>
public sealed record RunEnvironment(
    string Coppice, string Runtime, string Libtorch, string OnnxRuntime, string OperatingSystem, string Processor, int Cores, int Threads, bool HasBFloat16)
{
    /// <summary>Version of this program.</summary>
    public static string ProductVersion { get; } =
        typeof(RunEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Reads the present environment; loads both engines.</summary>
    /// <param name="threads">Threads of the training engine, which counts them per thread.</param>
    public static RunEnvironment Read(int threads) => new(
        ProductVersion,
        RuntimeInformation.FrameworkDescription,
        TorchRuntime.Version,
        OnnxRuntimeLibrary.Version,
        RuntimeInformation.OSDescription,
        ProcessorName(),
        Environment.ProcessorCount,
        threads,
        TorchRuntime.SupportsBFloat16);

    /// <summary>In one line, for the head of a report.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"coppice {Coppice}, {Runtime}, libtorch {Libtorch}, ONNX Runtime {OnnxRuntime}; {Processor}, {Cores} cores; {OperatingSystem}");

    /// <summary>The CPU's name where the system tells it.</summary>
    public static string ProcessorName()
    {
        const string Source = "/proc/cpuinfo";
        string? line = File.Exists(Source) ? File.ReadLines(Source).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':') + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
