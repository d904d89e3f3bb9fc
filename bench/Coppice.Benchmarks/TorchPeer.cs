using System.Globalization;

namespace Coppice.Benchmarks;

/// <summary>Training and evaluation of a ResNet-20 in python3-torch.</summary>
internal sealed class TorchPeer(string script, int threads) : IDisposable
{
    private readonly PeerProcess _process = new(script, threads);

    public string Version => _process.Version;

    /// <summary>Milliseconds of each single-precision step of a ResNet-20 with that many channels in its first stage.</summary>
    public double[] Measure(string task, int width, string layout, int steps) =>
        [.. _process.Ask(string.Create(CultureInfo.InvariantCulture, $"{task} {width} {layout} fp32 {steps}")).Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];

    public void Dispose() => _process.Dispose();
}
