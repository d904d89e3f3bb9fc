#pragma warning disable
namespace Coppice.Tensors;
public sealed class Tensor : IDisposable {
 public long[] Shape => throw new(); public int Rank => 0; public long Length => 0;
 public Tensor Pad(ReadOnlySpan<long> p, double v) => this; public Tensor Conv2d(Tensor w, Tensor? b, (long,long) s, (long,long) p, (long,long) d, long g) => this;
 public Tensor Transpose(int a, int b) => this; public Tensor Multiply(double x) => this; public Tensor Multiply(Tensor x) => this; public Tensor Linear(Tensor w, Tensor? b) => this;
 public Tensor BatchNormAct(Tensor a, Tensor b, Tensor c, Tensor d, bool t, double m, double e, bool relu, Tensor? residual) => this;
 public Tensor Relu() => this; public Tensor ReluInPlace() => this; public Tensor Sigmoid() => this; public Tensor Tanh() => this; public Tensor Alias() => this; public Tensor Dropout(double p, bool training) => this;
 public Tensor Softmax(int a) => this; public Tensor LogSoftmax(int a) => this; public Tensor LocalResponseNorm(long s, double a, double b, double k) => this;
 public Tensor AddInPlace(Tensor o) => this; public Tensor Add(Tensor o) => this; public Tensor Subtract(Tensor o) => this;
 public Tensor MaxPool2d((long,long) k, (long,long) s, (long,long) p, (long,long) d, bool ceil) => this; public Tensor AveragePool2d((long,long) k, (long,long) s, (long,long) p, bool ceil, bool c) => this;
 public Tensor Mean(ReadOnlySpan<long> d, bool keepDimensions) => this; public Tensor Reshape(params ReadOnlySpan<long> s) => this; public Tensor Slice(int a, long s, long e, long st) => this;
 public static Tensor Cat(IReadOnlyList<Tensor> t, int a) => t[0]; public void Dispose() {}
}
