using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Coppice.Onnx;
using Coppice.Search;
using Coppice.Training;

namespace Coppice.Benchmarks;

/// <summary>The python3-torch process that scores the candidates of a workload as the published codes do; it works only while we wait for its answer.</summary>
internal sealed class EvaluationPeer : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Process _process;
    private readonly string _folder = Directory.CreateTempSubdirectory("coppice-peer-").FullName;
    private readonly EvaluationWorkload _workload;

    public EvaluationPeer(string script, int threads, EvaluationWorkload workload)
    {
        _workload = workload;
        WriteFolder();
        var start = new ProcessStartInfo("/usr/bin/python3")
        {
            ArgumentList = { script, threads.ToString(CultureInfo.InvariantCulture), _folder },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["OMP_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);
        _process = Process.Start(start)!;
        Version = ReadLine()["ready ".Length..];
    }

    public string Version { get; }

    /// <summary>Scores candidates in that layout (<c>nchw</c> or <c>cl</c>).</summary>
    /// <returns>Milliseconds of all together, and the mean loss of each.</returns>
    public (double Milliseconds, double[] Losses) Score(string layout, IEnumerable<BitGenome> genomes)
    {
        var candidates = genomes.Select(genome => _workload.Space.ToPlan(genome).Groups.ToDictionary(group => group.Group, group => group.Kept.ToArray()));
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(new { layout, recalibrate = _workload.Recalibrates, candidates }, Json));
        _process.StandardInput.Flush();
        var answer = JsonSerializer.Deserialize<Answer>(ReadLine(), Json)!;
        return (answer.Milliseconds.Sum(), answer.Losses);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit(5000);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void WriteFolder()
    {
        var images = _workload.Problem.Images!;
        OnnxWriter.Write(_workload.Problem.Network, Path.Combine(_folder, "network.onnx"));
        long[] scored = Write("scored.f32", images.Scored.Batches), recalibration = Write("recalibration.f32", images.Recalibration.Batches);
        File.WriteAllBytes(Path.Combine(_folder, "labels.i64"), MemoryMarshal.AsBytes(images.Scored.Batches.SelectMany(batch => batch.Labels).ToArray().AsSpan()).ToArray());
        File.WriteAllText(
            Path.Combine(_folder, "sizes.json"),
            JsonSerializer.Serialize(new Dictionary<string, object> { ["scored"] = scored, ["recalibration"] = recalibration, ["recalibration_batch"] = images.Recalibration.Batches[0].Labels.Length }));
    }

    private long[] Write(string name, ImmutableArray<TensorBatch> batches)
    {
        using var file = File.Create(Path.Combine(_folder, name));
        foreach (var batch in batches)
        {
            file.Write(MemoryMarshal.AsBytes(batch.Images.ToArray<float>().AsSpan()));
        }

        long[] shape = batches[0].Images.Shape;
        shape[0] = batches.Sum(batch => batch.Images.Size(0));
        return shape;
    }

    private string ReadLine() => _process.StandardOutput.ReadLine()
        ?? throw new InvalidOperationException("python3-torch ended; are Debian's python3-torch and python3-onnx installed? `./test.sh` installs them.");

    private sealed record Answer(double[] Milliseconds, double[] Losses);
}
