using System.Runtime.InteropServices;

namespace Coppice.Tensors.OnnxRuntime;

/// <summary>
/// ONNX Runtime's C functions with C# signatures, one method each. Objects are passed as raw pointers (lent by an <see cref="OrtHandle"/>), a returned object is owned by the caller.
/// A function that fails throws <see cref="OnnxRuntimeException"/> with <c>action</c> in the message.
/// </summary>
/// <param name="table">The <c>OrtApi</c> structure: an array of function pointers.</param>
internal sealed unsafe class OrtApi(nint table)
{
    private const int CpuArena = 1;           // OrtArenaAllocator
    private const int DefaultMemory = 0;      // OrtMemTypeDefault
    private const int SequentialExecution = 0; // ORT_SEQUENTIAL
    private const int LogFatal = 4;           // ORT_LOGGING_LEVEL_FATAL

    private readonly void** _table = (void**)table;

    /// <summary>Errors come back as statuses, so the runtime's own log, which writes to the terminal, stays closed below "fatal".</summary>
    public OrtEnvironmentHandle CreateEnvironment()
    {
        nint environment;
        fixed (byte* name = "coppice\0"u8)
        {
            Check(((delegate* unmanaged<int, byte*, nint*, nint>)_table[OrtFunction.CreateEnv])(LogFatal, name, &environment), "start ONNX Runtime");
        }

        var handle = new OrtEnvironmentHandle(this, environment);
        Check(((delegate* unmanaged<nint, nint>)_table[OrtFunction.DisableTelemetryEvents])(environment), "switch telemetry off");
        return handle;
    }

    public OrtSessionOptionsHandle CreateSessionOptions(InferenceSessionOptions options)
    {
        const string Action = "set up a session";
        nint native;
        Check(((delegate* unmanaged<nint*, nint>)_table[OrtFunction.CreateSessionOptions])(&native), Action);
        var handle = new OrtSessionOptionsHandle(this, native);
        Check(Set(OrtFunction.SetIntraOpNumThreads, native, options.Threads), Action);
        Check(Set(OrtFunction.SetInterOpNumThreads, native, 1), Action);
        Check(Set(OrtFunction.SetSessionExecutionMode, native, SequentialExecution), Action);
        Check(Set(OrtFunction.SetSessionGraphOptimizationLevel, native, (int)options.GraphOptimization), Action);
        return handle;
    }

    public OrtSessionHandle CreateSession(nint environment, string path, nint options)
    {
        nint session;
        nint utf8Path = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            nint status = ((delegate* unmanaged<nint, nint, nint, nint*, nint>)_table[OrtFunction.CreateSession])(environment, utf8Path, options, &session);
            Check(status, $"load the ONNX model '{path}'");
        }
        finally
        {
            Marshal.FreeCoTaskMem(utf8Path);
        }

        return new OrtSessionHandle(this, session);
    }

    public OrtSessionHandle CreateSession(nint environment, ReadOnlySpan<byte> model, nint options)
    {
        nint session;
        fixed (byte* bytes = model)
        {
            var create = (delegate* unmanaged<nint, byte*, nuint, nint, nint*, nint>)_table[OrtFunction.CreateSessionFromArray];
            Check(create(environment, bytes, (nuint)model.Length, options, &session), $"load an ONNX model of {model.Length} bytes");
        }

        return new OrtSessionHandle(this, session);
    }

    public OrtMemoryInfoHandle CreateCpuMemoryInfo()
    {
        nint memory;
        Check(((delegate* unmanaged<int, int, nint*, nint>)_table[OrtFunction.CreateCpuMemoryInfo])(CpuArena, DefaultMemory, &memory), "describe CPU memory");
        return new OrtMemoryInfoHandle(this, memory);
    }

    /// <summary>Wraps <paramref name="data"/>, which must stay in place until the value is released, as a tensor; nothing is copied.</summary>
    public OrtValueHandle CreateTensor(nint memory, nint data, nuint bytes, ReadOnlySpan<long> shape, TensorElementType type, string action)
    {
        nint value;
        fixed (long* dimensions = shape)
        {
            var create = (delegate* unmanaged<nint, nint, nuint, long*, nuint, int, nint*, nint>)_table[OrtFunction.CreateTensorWithDataAsOrtValue];
            Check(create(memory, data, bytes, dimensions, (nuint)shape.Length, (int)type, &value), action);
        }

        return new OrtValueHandle(this, value);
    }

    /// <summary>Runs the session; <paramref name="outputValues"/> must hold zeros and receives tensors that the caller owns.</summary>
    public void Run(nint session, nint* inputNames, nint* inputValues, int inputs, nint* outputNames, int outputs, nint* outputValues)
    {
        var run = (delegate* unmanaged<nint, nint, nint*, nint*, nuint, nint*, nuint, nint*, nint>)_table[OrtFunction.Run];
        Check(run(session, 0, inputNames, inputValues, (nuint)inputs, outputNames, (nuint)outputs, outputValues), "run the network");
    }

    /// <summary>The count asked by <c>SessionGetInputCount</c> or <c>SessionGetOutputCount</c>.</summary>
    public int Count(int function, nint session)
    {
        nuint count;
        Check(((delegate* unmanaged<nint, nuint*, nint>)_table[function])(session, &count), "count the network's inputs and outputs");
        return (int)count;
    }

    /// <summary>The name asked by <c>SessionGetInputName</c> or <c>SessionGetOutputName</c>.</summary>
    public string Name(int function, nint session, int index)
    {
        const string Action = "read the name of an input or output";
        nint allocator, name;
        Check(((delegate* unmanaged<nint*, nint>)_table[OrtFunction.GetAllocatorWithDefaultOptions])(&allocator), Action);
        Check(((delegate* unmanaged<nint, nuint, nint, nint*, nint>)_table[function])(session, (nuint)index, allocator, &name), Action);
        string result = Marshal.PtrToStringUTF8(name)!;
        Check(((delegate* unmanaged<nint, nint, nint>)_table[OrtFunction.AllocatorFree])(allocator, name), Action);
        return result;
    }

    /// <summary>The type asked by <c>SessionGetInputTypeInfo</c> or <c>SessionGetOutputTypeInfo</c>.</summary>
    public OrtTypeInfoHandle TypeInfo(int function, nint session, int index)
    {
        nint type;
        Check(((delegate* unmanaged<nint, nuint, nint*, nint>)_table[function])(session, (nuint)index, &type), "read the type of an input or output");
        return new OrtTypeInfoHandle(this, type);
    }

    /// <summary>The tensor part of a type, which lives as long as the type; 0 if it is no tensor (a sequence, say).</summary>
    public nint TensorInfo(nint type)
    {
        nint info;
        Check(((delegate* unmanaged<nint, nint*, nint>)_table[OrtFunction.CastTypeInfoToTensorInfo])(type, &info), "read the type of an input or output");
        return info;
    }

    public TensorElementType ElementType(nint info)
    {
        int type;
        Check(((delegate* unmanaged<nint, int*, nint>)_table[OrtFunction.GetTensorElementType])(info, &type), "read a tensor's element type");
        return (TensorElementType)type;
    }

    public long[] Dimensions(nint info)
    {
        nuint rank;
        Check(((delegate* unmanaged<nint, nuint*, nint>)_table[OrtFunction.GetDimensionsCount])(info, &rank), "read a tensor's rank");
        long[] dimensions = new long[rank];
        fixed (long* pointer = dimensions)
        {
            Check(((delegate* unmanaged<nint, long*, nuint, nint>)_table[OrtFunction.GetDimensions])(info, pointer, rank), "read a tensor's shape");
        }

        return dimensions;
    }

    /// <summary>The symbolic name of each of <paramref name="rank"/> axes; empty where an axis has none.</summary>
    public string[] SymbolicDimensions(nint info, int rank)
    {
        nint[] names = new nint[rank];
        fixed (nint* pointer = names)
        {
            var read = (delegate* unmanaged<nint, nint*, nuint, nint>)_table[OrtFunction.GetSymbolicDimensions];
            Check(read(info, pointer, (nuint)rank), "read the names of a tensor's axes");
        }

        return Array.ConvertAll(names, name => Marshal.PtrToStringUTF8(name) ?? "");
    }

    public bool IsTensor(nint value)
    {
        int isTensor;
        Check(((delegate* unmanaged<nint, int*, nint>)_table[OrtFunction.IsTensor])(value, &isTensor), "read an output");
        return isTensor != 0;
    }

    public OrtShapeHandle Shape(nint value)
    {
        nint shape;
        Check(((delegate* unmanaged<nint, nint*, nint>)_table[OrtFunction.GetTensorTypeAndShape])(value, &shape), "read the shape of an output");
        return new OrtShapeHandle(this, shape);
    }

    /// <summary>A tensor's elements, row-major, in ordinary memory; owned by the value.</summary>
    public void* Data(nint value)
    {
        void* data;
        Check(((delegate* unmanaged<nint, void**, nint>)_table[OrtFunction.GetTensorMutableData])(value, &data), "read the elements of an output");
        return data;
    }

    /// <summary>Calls one of the <c>Release…</c> functions; they cannot fail.</summary>
    public void Release(int function, nint pointer) => ((delegate* unmanaged<nint, void>)_table[function])(pointer);

    private nint Set(int function, nint options, int value) => ((delegate* unmanaged<nint, int, nint>)_table[function])(options, value);

    private void Check(nint status, string action)
    {
        if (status == 0) return;
        var error = (OnnxRuntimeError)((delegate* unmanaged<nint, int>)_table[OrtFunction.GetErrorCode])(status);
        string reason = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)_table[OrtFunction.GetErrorMessage])(status)) ?? "";
        Release(OrtFunction.ReleaseStatus, status);
        throw new OnnxRuntimeException(action, error, reason);
    }
}
