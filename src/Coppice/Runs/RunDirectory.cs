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

    /// <summary>The folder.</summary>
    public string Path { get; } = path.Length > 0
        ? System.IO.Path.GetFullPath(path)
        : throw new CoppiceException("Cannot use '' as a run folder: give its name with -o.");

    /// <summary>The compressed network.</summary>
    public string BestModel => File("best.onnx");

    /// <summary>A file of the folder.</summary>
    public string File(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Checks, before any work is done, that the folder can be written and holds no result of another run.</summary>
    /// <exception cref="CoppiceException">It cannot be used.</exception>
    public void Prepare()
    {
        if (System.IO.File.Exists(Path))
        {
            throw new CoppiceException($"Cannot use '{path}' as a run folder: it is a file; choose another name with -o.");
        }

        try
        {
            Directory.CreateDirectory(Path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CoppiceException($"Cannot make the run folder '{path}': {fault.Message} Choose another place with -o.", fault);
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
        string relative = System.IO.Path.Combine("candidates", name, "model.onnx");
        Directory.CreateDirectory(File("candidates", name));
        OnnxWriter.Write(network, File(relative));
        if (plan is not null)
        {
            AtomicFile.WriteText(File("candidates", name, "plan.json"), plan.ToJson());
        }

        return relative;
    }
}
