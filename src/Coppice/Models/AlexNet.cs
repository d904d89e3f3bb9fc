using Coppice.Graph;

namespace Coppice.Models;

/// <summary>AlexNet: the one-column form of torchvision (Krizhevsky, 2014) and the two-group form of Caffe (Krizhevsky et al., 2012).</summary>
/// <remarks>
/// torchvision's adaptive pooling to 6×6 is the identity for images of 224 × 224 and left out. Caffe's form normalises before it pools, with bias 1 where the paper has k = 2
/// and alpha divided by the window's size where the paper has not.
/// </remarks>
internal static class AlexNet
{
    public static IEnumerable<ModelRecipe> Models =>
    [
        new(
            ModelDescription.ForImageNet("alexnet", "AlexNet", "one column, no normalisation, dropout (torchvision)"),
            InitializationScheme.PyTorchDefault,
            AppendOneColumn),
        new(
            new("alexnet-caffe", "AlexNet", new TensorShape(3, 227, 227), 1000, "two groups in convolutions 2, 4 and 5, local response normalisation, dropout (Caffe)"),
            InitializationScheme.AlexNet,
            AppendTwoGroups),
    ];

    private static void AppendOneColumn(NetworkBuilder net, int classes) => net
        .Convolution("features.0", filters: 64, kernel: 11, stride: 4, pad: 2, bias: true).Relu("features.1").MaxPool("features.2", kernel: 3, stride: 2)
        .Convolution("features.3", filters: 192, kernel: 5, pad: 2, bias: true).Relu("features.4").MaxPool("features.5", kernel: 3, stride: 2)
        .Convolution("features.6", filters: 384, kernel: 3, pad: 1, bias: true).Relu("features.7")
        .Convolution("features.8", filters: 256, kernel: 3, pad: 1, bias: true).Relu("features.9")
        .Convolution("features.10", filters: 256, kernel: 3, pad: 1, bias: true).Relu("features.11").MaxPool("features.12", kernel: 3, stride: 2)
        .Flatten("flatten")
        .Dropout("classifier.0").Linear("classifier.1", 4096).Relu("classifier.2")
        .Dropout("classifier.3").Linear("classifier.4", 4096).Relu("classifier.5")
        .Linear("classifier.6", classes);

    private static void AppendTwoGroups(NetworkBuilder net, int classes) => net
        .Convolution("conv1", filters: 96, kernel: 11, stride: 4, bias: true).Relu("relu1")
        .LocalResponseNorm("norm1", size: 5, alpha: 1e-4f, beta: 0.75f).MaxPool("pool1", kernel: 3, stride: 2)
        .Convolution("conv2", filters: 256, kernel: 5, pad: 2, groups: 2, bias: true).Relu("relu2")
        .LocalResponseNorm("norm2", size: 5, alpha: 1e-4f, beta: 0.75f).MaxPool("pool2", kernel: 3, stride: 2)
        .Convolution("conv3", filters: 384, kernel: 3, pad: 1, bias: true).Relu("relu3")
        .Convolution("conv4", filters: 384, kernel: 3, pad: 1, groups: 2, bias: true).Relu("relu4")
        .Convolution("conv5", filters: 256, kernel: 3, pad: 1, groups: 2, bias: true).Relu("relu5").MaxPool("pool5", kernel: 3, stride: 2)
        .Flatten("flatten")
        .Linear("fc6", 4096).Relu("relu6").Dropout("drop6")
        .Linear("fc7", 4096).Relu("relu7").Dropout("drop7")
        .Linear("fc8", classes);
}
