namespace Coppice.Tensors.OnnxRuntime;

/// <summary>ONNX Runtime is missing, or refused what was asked of it. The message says what was being done and quotes the runtime on one line.</summary>
public sealed class OnnxRuntimeException : Exception
{
    /// <summary>A failure before the runtime could answer, such as a missing library.</summary>
    public OnnxRuntimeException(string message)
        : base(message)
    {
    }

    /// <summary>A failure with its cause.</summary>
    public OnnxRuntimeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>A failure that the runtime reported.</summary>
    internal OnnxRuntimeException(string action, OnnxRuntimeError error, string reason)
        : base($"Cannot {action}: ONNX Runtime reports {error}: {string.Join(' ', reason.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}")
    {
        Error = error;
    }

    /// <summary>The runtime's error code; <see cref="OnnxRuntimeError.None"/> if the runtime was never reached.</summary>
    public OnnxRuntimeError Error { get; }
}

/// <summary>ONNX Runtime's error codes (<c>OrtErrorCode</c>).</summary>
public enum OnnxRuntimeError
{
    /// <summary>The runtime reported nothing.</summary>
    None = 0,

    /// <summary>An unspecified failure.</summary>
    Fail = 1,

    /// <summary>An argument is out of its range.</summary>
    InvalidArgument = 2,

    /// <summary>A file, such as the model or its external data, is missing.</summary>
    NoSuchFile = 3,

    /// <summary>No model is loaded.</summary>
    NoModel = 4,

    /// <summary>An execution engine failed.</summary>
    EngineError = 5,

    /// <summary>An exception was thrown while running.</summary>
    RuntimeException = 6,

    /// <summary>The bytes are no ONNX model.</summary>
    InvalidProtobuf = 7,

    /// <summary>A model is loaded already.</summary>
    ModelLoaded = 8,

    /// <summary>No kernel exists for an operator with these types.</summary>
    NotImplemented = 9,

    /// <summary>The model's graph breaks a rule of ONNX.</summary>
    InvalidGraph = 10,

    /// <summary>An execution provider failed.</summary>
    ExecutionProviderFail = 11,
}
