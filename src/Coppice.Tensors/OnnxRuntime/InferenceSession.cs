using System.Diagnostics;

namespace Coppice.Tensors.OnnxRuntime;

/// <summary>
/// An ONNX model loaded into ONNX Runtime's CPU provider: the deployment runtime, which verifies and times what Coppice exports. Runs may be made from several threads at once.
/// </summary>
public sealed class InferenceSession : IDisposable
{
    private readonly OrtSessionHandle _session;

    private InferenceSession(OrtSessionHandle session)
    {
        _session = session;
        try
        {
            using var loan = session.Lend();
            Inputs = SessionSignature.ReadInputs(OnnxRuntimeLibrary.Api, loan.Pointer);
            Outputs = SessionSignature.ReadOutputs(OnnxRuntimeLibrary.Api, loan.Pointer);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>The inputs that must be given, in the model's order.</summary>
    public IReadOnlyList<TensorInfo> Inputs { get; }

    /// <summary>The outputs, in the model's order.</summary>
    public IReadOnlyList<TensorInfo> Outputs { get; }

    /// <summary>Loads a model file, and the external data files beside it if it names any.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="OnnxRuntimeException">The runtime is missing or refuses the model.</exception>
    public static InferenceSession Load(string path, InferenceSessionOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path)) throw new FileNotFoundException($"Cannot load the ONNX model '{path}': there is no such file.", path);
        using var native = NativeOptions(options);
        using var environment = OnnxRuntimeLibrary.Environment.Lend();
        using var settings = native.Lend();
        return new(OnnxRuntimeLibrary.Api.CreateSession(environment.Pointer, path, settings.Pointer));
    }

    /// <summary>Loads a model from the bytes of its file; they are not needed afterwards.</summary>
    /// <exception cref="OnnxRuntimeException">The runtime is missing or refuses the model.</exception>
    public static InferenceSession Load(ReadOnlySpan<byte> model, InferenceSessionOptions? options = null)
    {
        if (model.IsEmpty) throw new ArgumentException("Cannot load an ONNX model: there are no bytes.", nameof(model));
        using var native = NativeOptions(options);
        using var environment = OnnxRuntimeLibrary.Environment.Lend();
        using var settings = native.Lend();
        return new(OnnxRuntimeLibrary.Api.CreateSession(environment.Pointer, model, settings.Pointer));
    }

    /// <summary>Runs the model once.</summary>
    /// <param name="inputs">A tensor for each of <see cref="Inputs"/>, by name.</param>
    /// <param name="outputNames">The outputs wanted; by default all. The runtime skips what only the others need.</param>
    /// <returns>The outputs by name, copied to managed memory.</returns>
    /// <exception cref="ArgumentException">A name, element type or shape is not the model's.</exception>
    /// <exception cref="NotSupportedException">A wanted output is no tensor of a supported type.</exception>
    /// <exception cref="OnnxRuntimeException">The run failed.</exception>
    public IReadOnlyDictionary<string, OnnxTensor> Run(IReadOnlyDictionary<string, OnnxTensor> inputs, IReadOnlyList<string>? outputNames = null)
    {
        ObjectDisposedException.ThrowIf(_session.IsClosed, this);
        outputNames ??= [.. Outputs.Select(output => output.Name)];
        SessionSignature.Check(Inputs, inputs);
        SessionSignature.Check(Outputs, outputNames);

        using var session = _session.Lend();
        using var call = new RunCall(inputs, outputNames);
        call.Execute(session.Pointer);
        var results = new Dictionary<string, OnnxTensor>(outputNames.Count);
        for (int index = 0; index < outputNames.Count; index++) results.Add(outputNames[index], call.ReadOutput(index));
        return results;
    }

    /// <summary>
    /// Times runs that compute all outputs, on the calling thread. Inputs are wrapped once and not copied, outputs are given back after each run outside the timing, and the
    /// loop allocates nothing, so no garbage collection falls into it.
    /// </summary>
    /// <param name="inputs">A tensor for each of <see cref="Inputs"/>, by name.</param>
    /// <param name="warmUp">Runs before the timed ones, ≥ 0.</param>
    /// <param name="repetitions">Timed runs, ≥ 1.</param>
    /// <param name="cancellation">Looked at between two runs.</param>
    /// <returns>[repetitions] durations in milliseconds, in the order of the runs; see <see cref="LatencyStatistics"/>.</returns>
    /// <exception cref="ArgumentException">A count is out of its range, or an input is not the model's.</exception>
    /// <exception cref="OnnxRuntimeException">A run failed.</exception>
    public double[] Measure(IReadOnlyDictionary<string, OnnxTensor> inputs, int warmUp, int repetitions, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_session.IsClosed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(warmUp);
        ArgumentOutOfRangeException.ThrowIfLessThan(repetitions, 1);
        SessionSignature.Check(Inputs, inputs);

        using var session = _session.Lend();
        using var call = new RunCall(inputs, [.. Outputs.Select(output => output.Name)]);
        double[] milliseconds = new double[repetitions];
        for (int run = -warmUp; run < repetitions; run++)
        {
            cancellation.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            call.Execute(session.Pointer);
            double elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            call.ReleaseOutputs();
            if (run >= 0) milliseconds[run] = elapsed;
        }

        return milliseconds;
    }

    /// <summary>Unloads the model, after the runs under way on other threads have ended.</summary>
    public void Dispose() => _session.Dispose();

    private static OrtSessionOptionsHandle NativeOptions(InferenceSessionOptions? options)
    {
        options ??= new();
        options.Validate();
        return OnnxRuntimeLibrary.Api.CreateSessionOptions(options);
    }
}
