using System.Collections.Immutable;
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

    private readonly PeerProcess _process;
    private readonly string _folder = Directory.CreateTempSubdirectory("coppice-peer-").FullName;
    private readonly EvaluationWorkload _workload;

    public EvaluationPeer(string script, int threads, EvaluationWorkload workload)
    {
        _workload = workload;
        WriteFolder();
        _process = new(script, threads, _folder);
    }

    public string Version => _process.Version;

    /// <summary>Scores candidates in that layout (<c>nchw</c> or <c>cl</c>).</summary>
    /// <returns>Milliseconds of all together, and the mean loss of each.</returns>
    public (double Milliseconds, double[] Losses) Score(string layout, IEnumerable<BitGenome> genomes)
    {
        var candidates = genomes.Select(genome => _workload.Space.ToPlan(genome).Groups.ToDictionary(group => group.Group, group => group.Kept.ToArray()));
        string task = JsonSerializer.Serialize(new { layout, recalibrate = _workload.Recalibrates, candidates }, Json);
        var answer = JsonSerializer.Deserialize<Answer>(_process.Ask(task), Json)!;
        return (answer.Milliseconds.Sum(), answer.Losses);
    }

    public void Dispose()
    {
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

    private sealed record Answer(double[] Milliseconds, double[] Losses);
}
