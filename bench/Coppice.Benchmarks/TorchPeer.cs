using System.Diagnostics;
using System.Globalization;

namespace Coppice.Benchmarks;

/// <summary>The python3-torch process that is measured beside us: it works only while we wait for its answer.</summary>
internal sealed class TorchPeer : IDisposable
{
    private readonly Process _process;

    public TorchPeer(string script, int threads)
    {
        var start = new ProcessStartInfo("/usr/bin/python3")
        {
            ArgumentList = { script, threads.ToString(CultureInfo.InvariantCulture) },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["OMP_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);
        _process = Process.Start(start)!;
        Version = Answer()["ready ".Length..];
    }

    public string Version { get; }

    /// <summary>Milliseconds of each single-precision step of a ResNet-20 with that many channels in its first stage.</summary>
    public double[] Measure(string task, int width, string layout, int steps)
    {
        _process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{task} {width} {layout} fp32 {steps}"));
        _process.StandardInput.Flush();
        return [.. Answer().Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit(5000);
        _process.Dispose();
    }

    private string Answer() => _process.StandardOutput.ReadLine()
        ?? throw new InvalidOperationException("python3-torch ended; is Debian's python3-torch installed? `./test.sh` installs it.");
}
