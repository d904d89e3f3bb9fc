using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

public sealed class TensorScopeTests : LeakCheck
{
    [Fact]
    public void A_scope_frees_what_was_made_inside()
    {
        long before = TorchRuntime.LiveTensors;
        Tensor inside;

        using (new TensorScope())
        {
            inside = Tensor.Ones([3]).Add(1).Multiply(2);
            Assert.Equal(before + 3, TorchRuntime.LiveTensors);
        }

        Assert.True(inside.IsDisposed);
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void A_kept_tensor_outlives_every_scope()
    {
        Tensor kept, keptToo;
        using (new TensorScope())
        {
            using var inner = new TensorScope();
            kept = inner.Keep(Tensor.Ones([1]));
            keptToo = Tensor.Ones([1]).Keep();
        }

        Assert.Equal((1.0, 1.0), (kept.Item(), keptToo.Item()));
        kept.Dispose();
        keptToo.Dispose();
    }

    [Fact]
    public void MoveToOuter_hands_a_tensor_one_scope_out()
    {
        Tensor moved;
        using (new TensorScope())
        {
            using (var inner = new TensorScope()) moved = inner.MoveToOuter(Tensor.Ones([1]));
            Assert.Equal(1, moved.Item());
        }

        Assert.True(moved.IsDisposed);
    }

    [Fact]
    public void MoveToOuter_of_a_tensor_of_an_outer_scope_leaves_it_there()
    {
        var outer = Tensor.Ones([1]);

        using (var inner = new TensorScope()) Assert.Same(outer, inner.MoveToOuter(outer));

        Assert.False(outer.IsDisposed);
    }

    [Fact]
    public void A_tensor_disposed_by_hand_is_forgotten()
    {
        using var scope = new TensorScope();
        var first = Tensor.Ones([1]);
        var second = Tensor.Ones([1]);
        first.Dispose();

        Assert.Same(second, second.Keep());
        second.Dispose();
    }

    [Fact]
    public void A_scope_frees_even_when_an_exception_leaves_it()
    {
        long before = TorchRuntime.LiveTensors;

        Assert.Throws<TorchException>(() =>
        {
            using var scope = new TensorScope();
            Tensor.Ones([2]).MatMul(Tensor.Ones([3]));
        });

        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void Scopes_must_end_in_the_reverse_order()
    {
        var outer = new TensorScope();
        var inner = new TensorScope();

        Assert.Throws<InvalidOperationException>(outer.Dispose);

        inner.Dispose();
        outer.Dispose();
        outer.Dispose();
    }

    [Fact]
    public void A_scope_belongs_to_its_thread()
    {
        using var scope = new TensorScope();
        Exception? error = null;
        var elsewhere = new Thread(() =>
        {
            Assert.Null(TensorScope.Current);
            error = Record.Exception(scope.Dispose);
        });
        elsewhere.Start();
        elsewhere.Join();

        Assert.IsType<InvalidOperationException>(error);
        Assert.Same(scope, TensorScope.Current);
    }

    [Fact]
    public void A_forgotten_tensor_is_freed_by_the_garbage_collector()
    {
        long before = TorchRuntime.LiveTensors;
        MakeAndForget();

        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void MakeAndForget() => Tensor.Ones([1]).Keep();
}
