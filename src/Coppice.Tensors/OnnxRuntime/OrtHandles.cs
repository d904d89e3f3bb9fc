using System.Runtime.InteropServices;

namespace Coppice.Tensors.OnnxRuntime;

/// <summary>An object owned by ONNX Runtime, released exactly once by the function of the table made for its kind.</summary>
internal abstract class OrtHandle(OrtApi api, nint pointer, int release) : SafeHandle(pointer, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    /// <summary>Lends the native pointer; the object outlives the loan even if another thread disposes of the handle meanwhile.</summary>
    public Loan Lend() => new(this);

    protected override bool ReleaseHandle()
    {
        api.Release(release, handle);
        return true;
    }

    /// <summary>A native pointer that stays valid until <see cref="Dispose"/>.</summary>
    internal readonly ref struct Loan
    {
        private readonly OrtHandle _owner;

        public Loan(OrtHandle owner)
        {
            bool added = false;
            owner.DangerousAddRef(ref added);
            _owner = owner;
        }

        public nint Pointer => _owner.DangerousGetHandle();

        public void Dispose() => _owner.DangerousRelease();
    }
}

/// <summary><c>OrtEnv</c>: logging and the process-wide state.</summary>
internal sealed class OrtEnvironmentHandle(OrtApi api, nint pointer) : OrtHandle(api, pointer, OrtFunction.ReleaseEnv);

/// <summary><c>OrtSessionOptions</c>.</summary>
internal sealed class OrtSessionOptionsHandle(OrtApi api, nint pointer) : OrtHandle(api, pointer, OrtFunction.ReleaseSessionOptions);

/// <summary><c>OrtSession</c>: a loaded, optimised model.</summary>
internal sealed class OrtSessionHandle(OrtApi api, nint pointer) : OrtHandle(api, pointer, OrtFunction.ReleaseSession);

/// <summary><c>OrtMemoryInfo</c>: says that a tensor's data lie in ordinary memory.</summary>
internal sealed class OrtMemoryInfoHandle(OrtApi api, nint pointer) : OrtHandle(api, pointer, OrtFunction.ReleaseMemoryInfo);

/// <summary><c>OrtValue</c>: a tensor.</summary>
internal sealed class OrtValueHandle(OrtApi api, nint pointer) : OrtHandle(api, pointer, OrtFunction.ReleaseValue);

/// <summary><c>OrtTypeInfo</c>: the declared type of an input or output.</summary>
internal sealed class OrtTypeInfoHandle(OrtApi api, nint pointer) : OrtHandle(api, pointer, OrtFunction.ReleaseTypeInfo);

/// <summary><c>OrtTensorTypeAndShapeInfo</c> of a value.</summary>
internal sealed class OrtShapeHandle(OrtApi api, nint pointer) : OrtHandle(api, pointer, OrtFunction.ReleaseTensorTypeAndShapeInfo);
