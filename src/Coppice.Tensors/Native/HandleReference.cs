namespace Coppice.Tensors.Native;

/// <summary>Holds the handle of an optional tensor during a native call.</summary>
internal ref struct HandleReference
{
    private readonly TensorHandle? _handle;
    private bool _held;

    internal HandleReference(Tensor? tensor)
    {
        _handle = tensor?.Handle;
        _handle?.DangerousAddRef(ref _held);
    }

    /// <summary>The native tensor, or zero.</summary>
    internal readonly nint Pointer => _handle?.DangerousGetHandle() ?? 0;

    public void Dispose()
    {
        if (_held) _handle!.DangerousRelease();
        _held = false;
    }
}
