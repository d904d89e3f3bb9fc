using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

/// <summary>
/// Base of tensor tests: fails a test that leaves a native tensor or a prepared convolution behind. Each test runs inside a scope, except where it awaits
/// (a scope belongs to one thread): such a class passes <c>scoped: false</c> and frees by itself.
/// </summary>
[Collection("tensors")]
public abstract class LeakCheck : IDisposable
{
    private readonly TensorScope? _scope;
    private readonly (long Tensors, long Convolutions) _liveBefore;

    protected LeakCheck(bool scoped = true)
    {
        // What a failed test left to the garbage collector must not vanish in the middle of this one.
        if (Live() != (0, 0))
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        TorchRuntime.Threads = 1; // waking a second thread costs more than the arithmetic of a test, much more on a busy machine
        _liveBefore = Live();
        _scope = scoped ? new() : null;
    }

    public void Dispose()
    {
        _scope?.Dispose();
        GC.SuppressFinalize(this);
        Assert.Equal(_liveBefore, Live());
    }

    private static (long Tensors, long Convolutions) Live() => (TorchRuntime.LiveTensors, TorchRuntime.LiveConvolutions);
}
