using System.Runtime.InteropServices;
using System.Text.Json;
using Coppice.Graph;
using Coppice.Onnx;
using Coppice.Training;

namespace Coppice.Tests.Oracles;

/// <summary>What PyTorch makes of a network in a few training steps on one batch, in double precision.</summary>
/// <param name="Losses">Loss of each step.</param>
/// <param name="Gradients">Gradients of the first step by parameter.</param>
/// <param name="Parameters">Learned parameters and running statistics after the last step.</param>
internal sealed record TrainingOracle(double[] Losses, IReadOnlyDictionary<string, double[]> Gradients, IReadOnlyDictionary<string, double[]> Parameters)
{
    /// <summary>Runs <c>training_oracle.py</c>: momentum in Nesterov's form, decay on parameters of more than one axis, constant learning rate.</summary>
    public static TrainingOracle Run(Network network, float[] images, long[] shape, long[] labels, string[] learned, string[] statistics, TrainingOptions options, int steps)
    {
        using var folder = new TemporaryFolder();
        OnnxWriter.Write(network, folder.File("model.onnx"));
        File.WriteAllBytes(folder.File("images"), MemoryMarshal.AsBytes(images.AsSpan()));
        File.WriteAllText(folder.File("job.json"), JsonSerializer.Serialize(new
        {
            model = folder.File("model.onnx"),
            images = folder.File("images"),
            shape,
            labels,
            learned,
            statistics,
            rate = options.LearningRate,
            momentum = options.Momentum,
            decay = options.WeightDecay,
            smoothing = options.LabelSmoothing,
            steps,
            @out = folder.File("out"),
        }));
        Python3("training_oracle.py", folder.File("job.json"));

        var numbers = new Queue<double>(MemoryMarshal.Cast<byte, double>(File.ReadAllBytes(folder.File("out"))).ToArray());
        double[] Take(long count) => [.. Enumerable.Range(0, (int)count).Select(_ => numbers.Dequeue())];
        Dictionary<string, double[]> Named(IEnumerable<string> names) => names.ToDictionary(name => name, name => Take(network.Parameters[name].Shape.Length));
        return new(Take(steps), Named(learned), Named([.. learned, .. statistics]));
    }

    /// <summary>Runs a script of this folder and returns what it prints. A test that needs it fails where Python is missing; it is never skipped.</summary>
    public static string Python3(string script, params IEnumerable<string> arguments) =>
        PythonScript.Run(script, "the packages python3-onnx and python3-torch", arguments);
}
