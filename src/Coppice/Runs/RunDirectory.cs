using System.Text.Json;
using System.Text.Json.Serialization;
using Coppice.Graph;
using Coppice.Onnx;
using Coppice.Pruning;

namespace Coppice.Runs;

/// <summary>The folder of a run. Every file in it is whole or absent.</summary>
/// <param name="path">The folder; made when the first file is written.</param>
public sealed class RunDirectory(string path)
{
    /// <summary>How runs are written as JSON: camelCase, enums by name, invariant numbers.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private const string Candidates = "candidates";

    /// <summary>Written first, with the settings, and again at the end, with the results.</summary>
    private const string Settings = "study.json";

    private static readonly string[] Results = ["best.onnx", "plan.json", Settings, "report.html", "pareto.csv"];

    /// <summary>The folder.</summary>
    public string Path { get; } = path.Length > 0
        ? System.IO.Path.GetFullPath(path)
        : throw new CoppiceException("Cannot use '' as a run folder: give its name with -o.");

    /// <summary>The compressed network.</summary>
    public string BestModel => File("best.onnx");

    /// <summary>A file of the folder.</summary>
    public string File(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Checks, before any work is done, that the folder can be written and holds no result of an earlier run, which would be mistaken for this one's.</summary>
    /// <param name="overwrites">Whether an earlier result is deleted instead of being an obstacle.</param>
    /// <exception cref="CoppiceException">It cannot be used.</exception>
    public void Prepare(bool overwrites)
    {
        if (System.IO.File.Exists(Path))
        {
            throw new CoppiceException($"Cannot use '{path}' as a run folder: it is a file; choose another name with -o.");
        }

        try
        {
            Directory.CreateDirectory(Path);
            Clear(overwrites);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CoppiceException($"Cannot make the run folder '{path}': {fault.Message} Choose another place with -o.", fault);
        }
    }

    /// <summary>Deletes what a run writes and nothing else; the folder may hold other things of the user's. Settings alone are what a run leaves that was stopped before it found anything.</summary>
    private void Clear(bool overwrites)
    {
        string[] present = [.. Results.Where(name => System.IO.File.Exists(File(name))), .. Directory.Exists(File(Candidates)) ? [Candidates] : Array.Empty<string>()];
        if (!overwrites && present.FirstOrDefault(name => name != Settings) is { } obstacle)
        {
            throw new CoppiceException($"Cannot use '{path}' as a run folder: it holds '{obstacle}', as of another run; choose another folder with -o, or allow to replace what a run writes with --overwrite.");
        }

        foreach (string name in Results)
        {
            System.IO.File.Delete(File(name));
        }

        if (Directory.Exists(File(Candidates)))
        {
            ClearCandidates();
        }
    }

    private void ClearCandidates()
    {
        foreach (string folder in Directory.GetDirectories(File(Candidates)))
        {
            System.IO.File.Delete(System.IO.Path.Combine(folder, "model.onnx"));
            System.IO.File.Delete(System.IO.Path.Combine(folder, "plan.json"));
            DeleteIfEmpty(folder);
        }

        DeleteIfEmpty(File(Candidates));
    }

    private static void DeleteIfEmpty(string folder)
    {
        if (!Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }

    /// <summary>Writes a value as JSON.</summary>
    public void WriteJson<T>(string name, T value) => AtomicFile.WriteText(File(name), JsonSerializer.Serialize(value, Json) + "\n");

    /// <summary>Writes text.</summary>
    public void WriteText(string name, string text) => AtomicFile.WriteText(File(name), text);

    /// <summary>Writes a network and its plan under <c>candidates/NAME</c>.</summary>
    /// <returns>The network's file, relative to the folder.</returns>
    public string WriteCandidate(string name, Network network, PruningPlan? plan)
    {
        string relative = System.IO.Path.Combine(Candidates, name, "model.onnx");
        try
        {
            Directory.CreateDirectory(File(Candidates, name));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CoppiceException($"Cannot make the folder '{File(Candidates, name)}': {fault.Message} Make room, or choose another place with -o.", fault);
        }

        OnnxWriter.Write(network, File(relative));
        if (plan is not null)
        {
            AtomicFile.WriteText(File(Candidates, name, "plan.json"), plan.ToJson());
        }

        return relative;
    }
}
