using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Coppice.Tensors.Native;

namespace Coppice.Tensors;

/// <summary>
/// libtorch in this process: settings and facts. Without a call of <see cref="Initialize"/> the defaults apply at the first tensor.
/// </summary>
public static unsafe class TorchRuntime
{
    private static readonly Lock Gate = new();
    private static volatile TorchOptions? _options;

    [ThreadStatic]
    private static bool _threadIsPrepared;

    /// <summary>Threads that an operation started on the calling thread uses. A new thread has <see cref="TorchOptions.Threads"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not positive.</exception>
    public static int Threads
    {
        get
        {
            PrepareThread();
            int threads = NativeMethods.coppice_runtime_threads();
            NativeError.ThrowIfFailed(threads, "threads");
            return threads;
        }

        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            PrepareThread();
            NativeError.ThrowIfFailed(NativeMethods.coppice_runtime_set_threads(value), "set threads");
        }
    }

    /// <summary>Version of libtorch, as <c>1.13.1</c>.</summary>
    public static string Version => Marshal.PtrToStringUTF8((nint)NativeMethods.coppice_runtime_version())!;

    /// <summary>How libtorch was built: compiler, BLAS, oneDNN, CPU capability; several lines.</summary>
    public static string Configuration
    {
        get
        {
            byte* text = NativeMethods.coppice_runtime_configuration();
            return text is null ? throw NativeError.Create("configuration", string.Empty) : Marshal.PtrToStringUTF8((nint)text)!.Trim();
        }
    }

    /// <summary>Native tensors that this process holds and has not freed.</summary>
    public static long LiveTensors => NativeMethods.coppice_live_tensors();

    /// <summary>Prepared convolutions that this process holds and has not freed.</summary>
    public static long LiveConvolutions => NativeMethods.coppice_live_convolutions();

    /// <summary>Whether this libtorch was built for CUDA and finds a device.</summary>
    public static bool HasCuda => NativeMethods.coppice_runtime_has_cuda() == 1;

    /// <summary>
    /// Whether the CPU multiplies bfloat16 in hardware (AVX512_BF16 or AMX-BF16). Elsewhere bfloat16 works, slower than float32.
    /// </summary>
    public static bool SupportsBFloat16 { get; } = DetectBFloat16();

    /// <summary>CPU generation that the fused batch normalisation runs on: <c>v2</c>, <c>v3</c>, <c>v4</c> of x86-64, or <c>baseline</c>.</summary>
    public static string CpuKernel => NativeMethods.coppice_batch_norm_kernel_level() switch
    {
        1 => "baseline",
        var level => FormattableString.Invariant($"v{level}"),
    };

    /// <summary>Applies the settings, and loads libtorch. A second call with equal settings does nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is negative.</exception>
    /// <exception cref="InvalidOperationException">Other settings are in force already.</exception>
    /// <exception cref="NativeLibraryMissingException">The native library was not found or does not load.</exception>
    public static void Initialize(TorchOptions? options = null)
    {
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Threads);
        ArgumentOutOfRangeException.ThrowIfNegative(options.SpinCount ?? 0);
        lock (Gate)
        {
            if (_options is null) Apply(options);
            else if (_options != options)
            {
                throw new InvalidOperationException(
                    $"libtorch runs with {_options} already, not with {options}: call Initialize once, before the first tensor.");
            }
        }
        PrepareThread();
    }

    /// <summary>Seeds libtorch's own generators (dropout, random fills) of the whole process.</summary>
    public static void Seed(long seed)
    {
        PrepareThread();
        NativeError.ThrowIfFailed(NativeMethods.coppice_runtime_seed(seed), "seed");
    }

    /// <summary>Forces the fused kernel of a CPU generation, for tests; 0 chooses the best one again.</summary>
    internal static void SelectCpuKernel(int level) =>
        NativeError.ThrowIfFailed(NativeMethods.coppice_batch_norm_select_kernel(level), FormattableString.Invariant($"kernel v{level}"));

    /// <summary>
    /// Lets a thread that is not libtorch's compute something small: with the end of the scope its floating-point mode is as before. Without that, whatever the thread does next would count
    /// denormals as zero (<see cref="TorchOptions.FlushDenormals"/>).
    /// </summary>
    public static ThreadModeScope Visit()
    {
        bool isGuest = !_threadIsPrepared;
        PrepareThread();
        return new(() =>
        {
            if (isGuest)
            {
                _threadIsPrepared = false;
                NativeError.ThrowIfFailed(NativeMethods.coppice_runtime_set_flush_denormal(0), "keep denormals");
            }
        });
    }

    /// <summary>Whether the calling thread has what libtorch keeps per thread, or is its guest at the moment.</summary>
    public static bool IsThreadPrepared => _threadIsPrepared;

    /// <summary>
    /// Sets what libtorch keeps per thread, at a thread's first native call: a fresh .NET thread would use OpenMP's default
    /// number of threads in convolutions and another one elsewhere, and denormals.
    /// </summary>
    internal static void PrepareThread()
    {
        if (!_threadIsPrepared) PrepareNewThread();
    }

    private static void PrepareNewThread()
    {
        if (_options is null)
        {
            lock (Gate) if (_options is null) Apply(new());
        }
        _threadIsPrepared = true;
        int threads = _options!.Threads > 0 ? _options.Threads : Environment.ProcessorCount;
        NativeError.ThrowIfFailed(NativeMethods.coppice_runtime_set_threads(threads), "set threads");
        if (_options.FlushDenormals)
        {
            // Before the first operation: OpenMP's workers inherit the setting when they start.
            NativeError.ThrowIfFailed(NativeMethods.coppice_runtime_set_flush_denormal(1), "flush denormals");
        }
    }

    private static void Apply(TorchOptions options)
    {
        if (options.KeepFreedMemory && OperatingSystem.IsLinux()) KeepFreedMemory();
        if (options.SpinCount is { } count && OperatingSystem.IsLinux()) BoundSpinning(count);
        _ = NativeLibraryLoader.Handle;
        _options = options;
    }

    private static void KeepFreedMemory()
    {
        const int trimThreshold = -1, topPad = -2, mmapThreshold = -3, arenaMax = -8; // M_… of malloc.h
        try
        {
            // A refusal only costs time.
            _ = NativeMethods.mallopt(mmapThreshold, int.MaxValue);
            _ = NativeMethods.mallopt(trimThreshold, int.MaxValue);
            _ = NativeMethods.mallopt(arenaMax, 1);
            _ = NativeMethods.mallopt(topPad, 64 << 20);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no mallopt: nothing to tune
        }
    }

    /// <summary>Tells OpenMP, which reads it when libtorch is loaded. .NET's own variables are another matter, once it has copied them: what this program starts is not to inherit it.</summary>
    private static void BoundSpinning(int count)
    {
        _ = Environment.GetEnvironmentVariables();
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
        {
            _ = NativeMethods.setenv("GOMP_SPINCOUNT", count.ToString(CultureInfo.InvariantCulture), overwrite: 0);
        }
    }

    private static bool DetectBFloat16()
    {
        if (!X86Base.IsSupported || !Avx512F.IsSupported || X86Base.CpuId(0, 0).Eax < 7) return false;
        bool amx = (X86Base.CpuId(7, 0).Edx & (1 << 22)) != 0;
        bool avx512 = X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;
        return amx || avx512;
    }
}
