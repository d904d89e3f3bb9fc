using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

/// <summary>Base of tensor tests: runs each inside a scope and fails it when a native tensor is left over.</summary>
[Collection("tensors")]
public abstract class LeakCheck : IDisposable
{
    private readonly long _liveBefore = TorchRuntime.LiveTensors;
    private readonly TensorScope _scope = new();

    public void Dispose()
    {
        _scope.Dispose();
        GC.SuppressFinalize(this);
        Assert.Equal(_liveBefore, TorchRuntime.LiveTensors);
    }
}
