using System.Diagnostics;
using System.Globalization;
using Coppice.Graph;
using Coppice.Onnx;

namespace Coppice.Tests.Oracles;

/// <summary>
/// The reference implementation of ONNX and PyTorch, both in Debian's Python: judges files that we write, and computes what a graph computes.
/// A test that needs it fails where it is missing; it is never skipped.
/// </summary>
internal static class OnnxOracle
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Asserts that the full checker and strict shape inference accept all of the networks as we write them.</summary>
    public static void AssertValid(params IEnumerable<Network> networks) => Assert.Equal("ok\n", Run("check", networks));

    /// <summary>Shape of every value that nodes write, as ONNX's own inference has it.</summary>
    public static Dictionary<string, string> Shapes(Network network)
    {
        using var folder = new TemporaryFolder();
        OnnxWriter.Write(network, folder.File("network.onnx"));
        return Run("shapes", folder.File("network.onnx")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToDictionary(pair => pair[0], pair => pair[1]);
    }

    /// <summary>All outputs of each network in double precision for the input sin(0.37 i).</summary>
    public static double[][] Evaluate(params IEnumerable<Network> networks) =>
        [.. Run("evaluate", networks).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray())];

    /// <summary>All outputs of a file in double precision for the input sin(0.37 i).</summary>
    public static double[] EvaluateFile(string path) => [.. Run("evaluate", path).Trim().Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];

    /// <summary>Asserts that the full checker and strict shape inference accept a file, and the external data that it names.</summary>
    public static void AssertValidFile(string path) => Assert.Equal("ok\n", Run("check", path));

    /// <summary>A model file that the named command of the script writes.</summary>
    public static byte[] Model(string command)
    {
        using var folder = new TemporaryFolder();
        Run(command, folder.File("model.onnx"));
        return File.ReadAllBytes(folder.File("model.onnx"));
    }

    private static string Run(string command, IEnumerable<Network> networks)
    {
        using var folder = new TemporaryFolder();
        return Run([command, .. networks.Select((network, i) =>
        {
            string path = folder.File($"{i}.onnx");
            OnnxWriter.Write(network, path);
            return path;
        })]);
    }

    private static string Run(params IEnumerable<string> arguments)
    {
        Assert.True(File.Exists(Python), $"This test needs {Python} with the packages python3-onnx and python3-torch; install them with apt-get.");
        var start = new ProcessStartInfo(Python, [Script(), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"The oracle failed (it needs the packages python3-onnx and python3-torch): {errors.Result}");
        return output;
    }

    private static string Script()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Coppice.slnx")))
        {
            folder = folder.Parent;
        }

        Assert.NotNull(folder);
        return Path.Combine(folder.FullName, "test", "Coppice.Tests", "Oracles", "onnx_oracle.py");
    }
}

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coppice-test-");

    public string FullName => _folder.FullName;

    public string File(string name) => Path.Combine(FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
