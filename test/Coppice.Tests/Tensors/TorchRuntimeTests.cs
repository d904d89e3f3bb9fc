using System.Runtime.InteropServices;
using Coppice.Tensors;
using Coppice.Tensors.Native;

namespace Coppice.Tests.Tensors;

public sealed class TorchRuntimeTests : LeakCheck
{
    private delegate nint GetEnv([MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [Fact]
    public void Initialize_is_idempotent_and_refuses_other_settings()
    {
        TorchRuntime.Initialize();
        TorchRuntime.Initialize(new TorchOptions());

        var error = Assert.Throws<InvalidOperationException>(() => TorchRuntime.Initialize(new TorchOptions { Threads = 7 }));

        Assert.Contains("Threads = 7", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => TorchRuntime.Initialize(new TorchOptions { Threads = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => TorchRuntime.Initialize(new TorchOptions { SpinCount = -1 }));
    }

    [Fact]
    public void A_fresh_thread_uses_every_core()
    {
        int threads = 0;
        var fresh = new Thread(() => threads = TorchRuntime.Threads);
        fresh.Start();
        fresh.Join();

        Assert.Equal(Environment.ProcessorCount, threads);
    }

    /// <summary>OpenMP reads the process's variable, which is ours unless it was started with one; what this program starts gets .NET's, which is not changed.</summary>
    [Fact]
    public void Threads_that_wait_are_told_how_long_to_spin()
    {
        TorchRuntime.Initialize();

        string? outside = File.ReadAllText("/proc/self/environ").Split('\0').FirstOrDefault(entry => entry.StartsWith("GOMP_SPINCOUNT=", StringComparison.Ordinal))?["GOMP_SPINCOUNT=".Length..];
        Assert.Equal(outside, Environment.GetEnvironmentVariable("GOMP_SPINCOUNT"));
        string? expected = outside ?? (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null ? "10000" : null);
        var getenv = Marshal.GetDelegateForFunctionPointer<GetEnv>(NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "getenv"));
        Assert.Equal(expected, Marshal.PtrToStringUTF8(getenv("GOMP_SPINCOUNT")));
    }

    [Fact]
    public void Denormals_count_as_zero()
    {
        Assert.Equal(0f, Tensor.FromArray([1e-30f], 1).Multiply(Tensor.FromArray([1e-10f], 1)).ToArray<float>()[0]);
    }

    [Fact]
    public void Facts_are_those_of_libtorch_and_the_cpu()
    {
        Assert.Matches(@"^\d+\.\d+\.\d+", TorchRuntime.Version);
        Assert.Contains("C++", TorchRuntime.Configuration, StringComparison.Ordinal);
        string[] flags = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("flags", StringComparison.Ordinal)).Split(' ');
        Assert.Equal(flags.Contains("avx512_bf16") || flags.Contains("amx_bf16"), TorchRuntime.SupportsBFloat16);
    }

    [Fact]
    public void A_cuda_tensor_without_cuda_is_an_exception()
    {
        if (TorchRuntime.HasCuda) Assert.True(Tensor.Zeros([1], device: Device.Cuda()).Device.IsCuda);
        else Assert.Throws<TorchException>(() => Tensor.Zeros([1], device: Device.Cuda()));
    }

    [Fact]
    public void A_kernel_that_does_not_exist_is_refused()
    {
        var error = Assert.Throws<TorchException>(() => TorchRuntime.SelectCpuKernel(5));

        Assert.Equal("kernel v5() failed: this CPU cannot run the kernel of level 5", error.Message);
    }

    [Fact]
    public void The_library_is_sought_where_the_variable_says_and_nowhere_else()
    {
        string folder = Directory.CreateTempSubdirectory("coppice").FullName;
        try
        {
            string wrong = Path.Combine(folder, "nothing.so");
            var error = Assert.Throws<NativeLibraryMissingException>(() => NativeLibraryLoader.Find(wrong, AppContext.BaseDirectory));
            Assert.Equal($"COPPICE_NATIVE names '{wrong}', which is not a file: correct it or unset it.", error.Message);

            File.WriteAllText(wrong, "not a library");
            Assert.Equal(wrong, NativeLibraryLoader.Find(wrong, AppContext.BaseDirectory));
            error = Assert.Throws<NativeLibraryMissingException>(() => NativeLibraryLoader.Load(wrong, AppContext.BaseDirectory));
            Assert.Contains("Run ./coppice", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_library_is_sought_beside_the_program_and_then_in_artifacts_of_the_folders_above()
    {
        string root = Directory.CreateTempSubdirectory("coppice").FullName;
        try
        {
            string program = Directory.CreateDirectory(Path.Combine(root, "bin", "program")).FullName;
            string native = Directory.CreateDirectory(Path.Combine(root, "artifacts", "native")).FullName;
            var error = Assert.Throws<NativeLibraryMissingException>(() => NativeLibraryLoader.Find(null, program));
            Assert.Contains("run ./coppice", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);

            string above = Path.Combine(native, NativeLibraryLoader.FileName), beside = Path.Combine(program, NativeLibraryLoader.FileName);
            File.WriteAllText(above, "");
            Assert.Equal(above, NativeLibraryLoader.Find(null, program));
            File.WriteAllText(beside, "");
            Assert.Equal(beside, NativeLibraryLoader.Find("", program));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
