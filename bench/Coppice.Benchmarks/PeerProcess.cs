using System.Diagnostics;
using System.Globalization;

namespace Coppice.Benchmarks;

/// <summary>A python3-torch process that is measured beside us: it answers a line to a line, and works only while we wait for its answer.</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;

    /// <param name="script">Its first argument is the number of threads; its first line of output <c>ready VERSION</c>.</param>
    /// <param name="threads">Threads of libtorch and OpenMP.</param>
    /// <param name="arguments">What the script takes besides.</param>
    public PeerProcess(string script, int threads, params IEnumerable<string> arguments)
    {
        string count = threads.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo("/usr/bin/python3", [script, count, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["OMP_NUM_THREADS"] = count;
        _process = Process.Start(start)!;
        Version = ReadLine()["ready ".Length..];
    }

    public string Version { get; }

    /// <summary>Its answer to a task.</summary>
    public string Ask(string task)
    {
        _process.StandardInput.WriteLine(task);
        _process.StandardInput.Flush();
        return ReadLine();
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit(5000);
        _process.Dispose();
    }

    private string ReadLine() => _process.StandardOutput.ReadLine()
        ?? throw new InvalidOperationException("python3-torch ended; are Debian's python3-torch and python3-onnx installed? `./test.sh` installs them.");
}
