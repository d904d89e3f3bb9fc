using Coppice.Graph;

namespace Coppice.Models;

/// <summary>LeNet-5 (LeCun et al., 1998) in its present-day form.</summary>
/// <remarks>
/// Deviations from 1998, as is usual today: ReLU instead of tanh, max-pooling instead of trainable subsampling, every map of the second convolution reads all six
/// of the first, a fully connected layer instead of radial basis functions; images of 28 × 28 are padded by 2 inside the first convolution.
/// </remarks>
internal static class LeNet5
{
    public static IEnumerable<ModelRecipe> Models =>
    [
        new(
            new("lenet5", "LeNet", new TensorShape(1, 28, 28), 10, "ReLU and max-pooling; convolutions of 6 and 16 filters, fully connected layers of 120 and 84"),
            InitializationScheme.PyTorchDefault,
            Append),
    ];

    private static void Append(NetworkBuilder net, int classes) => net
        .Convolution("conv1", filters: 6, kernel: 5, pad: 2, bias: true).Relu("relu1").MaxPool("pool1", kernel: 2, stride: 2)
        .Convolution("conv2", filters: 16, kernel: 5, bias: true).Relu("relu2").MaxPool("pool2", kernel: 2, stride: 2)
        .Flatten("flatten")
        .Linear("fc1", 120).Relu("relu3")
        .Linear("fc2", 84).Relu("relu4")
        .Linear("fc3", classes);
}
