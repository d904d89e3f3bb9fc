using System.Runtime.InteropServices;

namespace Coppice.Tensors.OnnxRuntime;

/// <summary>
/// The native arguments of one run, laid out once and usable many times: names, pinned inputs, and the slots for the outputs. <see cref="Execute"/> allocates nothing managed.
/// </summary>
internal sealed unsafe class RunCall : IDisposable
{
    private readonly OrtApi _api = OnnxRuntimeLibrary.Api;
    private readonly List<nint> _names = [];
    private readonly List<GCHandle> _pins = [];
    private readonly List<OrtValueHandle> _inputs = [];
    private readonly int _inputCount;
    private readonly int _outputCount;
    private nint* _slots; // input names, input values, output names, output values

    /// <param name="inputs">Tensors by name, already checked against the model.</param>
    /// <param name="outputNames">Outputs of the model.</param>
    public RunCall(IReadOnlyCollection<KeyValuePair<string, OnnxTensor>> inputs, IReadOnlyCollection<string> outputNames)
    {
        (_inputCount, _outputCount) = (inputs.Count, outputNames.Count);
        _slots = (nint*)NativeMemory.AllocZeroed((nuint)(2 * (_inputCount + _outputCount)), (nuint)sizeof(nint));
        try
        {
            int index = 0;
            foreach (var (name, tensor) in inputs)
            {
                InputNames[index] = Name(name);
                InputValues[index++] = Wrap(name, tensor);
            }

            index = 0;
            foreach (string name in outputNames) OutputNames[index++] = Name(name);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private nint* InputNames => _slots;

    private nint* InputValues => _slots + _inputCount;

    private nint* OutputNames => _slots + (2 * _inputCount);

    private nint* OutputValues => _slots + (2 * _inputCount) + _outputCount;

    /// <summary>Runs the session. The outputs stay until <see cref="ReleaseOutputs"/>.</summary>
    public void Execute(nint session) => _api.Run(session, InputNames, InputValues, _inputCount, OutputNames, _outputCount, OutputValues);

    /// <summary>Copies an output of the last run.</summary>
    public OnnxTensor ReadOutput(int index)
    {
        nint value = OutputValues[index];
        string name = Marshal.PtrToStringUTF8(OutputNames[index])!;
        if (value == 0 || !_api.IsTensor(value)) throw new NotSupportedException($"Cannot read the output '{name}': it is no tensor; ask for other outputs.");
        using var shape = _api.Shape(value);
        using var info = shape.Lend();
        return OnnxTensor.Copy(_api.Data(value), _api.Dimensions(info.Pointer), _api.ElementType(info.Pointer));
    }

    /// <summary>Gives the outputs' memory back to the runtime; required between two runs.</summary>
    public void ReleaseOutputs()
    {
        for (int index = 0; index < _outputCount; index++)
        {
            if (OutputValues[index] != 0) _api.Release(OrtFunction.ReleaseValue, OutputValues[index]);
            OutputValues[index] = 0;
        }
    }

    public void Dispose()
    {
        if (_slots == null) return;
        ReleaseOutputs();
        foreach (var value in _inputs) value.Dispose();
        foreach (var pin in _pins) pin.Free();
        foreach (nint name in _names) Marshal.FreeCoTaskMem(name);
        NativeMemory.Free(_slots);
        _slots = null;
    }

    private nint Name(string name)
    {
        nint utf8 = Marshal.StringToCoTaskMemUTF8(name);
        _names.Add(utf8);
        return utf8;
    }

    /// <summary>Pins a tensor's array and makes a native tensor on top of it.</summary>
    private nint Wrap(string name, OnnxTensor tensor)
    {
        var pin = GCHandle.Alloc(tensor.Elements, GCHandleType.Pinned);
        _pins.Add(pin);
        using var memory = OnnxRuntimeLibrary.CpuMemory.Lend();
        var value = _api.CreateTensor(memory.Pointer, pin.AddrOfPinnedObject(), (nuint)tensor.Bytes, tensor.Shape, tensor.ElementType, $"pass the input '{name}'");
        _inputs.Add(value);
        return value.DangerousGetHandle();
    }
}
