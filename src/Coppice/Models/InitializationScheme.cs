using Coppice.Graph;

namespace Coppice.Models;

/// <summary>
/// Starting values of an architecture. Batch-norm shifts start at 0, running means at 0 and running variances at 1 in all of them.
/// </summary>
/// <param name="Convolution">Filters from the weight's shape [F, C / groups, kH, kW].</param>
/// <param name="Linear">Fully connected weights from their shape [out, in].</param>
/// <param name="Bias">Biases from the name of the layer and the shape of its weight.</param>
/// <param name="BatchNormScale">γ of every batch normalisation.</param>
public sealed record InitializationScheme(
    Func<TensorShape, Initializer> Convolution,
    Func<TensorShape, Initializer> Linear,
    Func<string, TensorShape, Initializer> Bias,
    float BatchNormScale)
{
    /// <summary>PyTorch's defaults, weights and biases alike: U(±1 / √fan-in), which is Kaiming-uniform with a = √5.</summary>
    public static readonly InitializationScheme PyTorchDefault = new(FanInUniform, FanInUniform, (_, weight) => FanInUniform(weight), 1);

    /// <summary>torchvision's ResNet: convolutions by He et al. (2015), fan-out; fully connected layers as in <see cref="PyTorchDefault"/>.</summary>
    public static readonly InitializationScheme ResNet = PyTorchDefault with { Convolution = FanOutNormal };

    /// <summary>torchvision's VGG: convolutions by He et al. (2015), fan-out; fully connected layers N(0, 0.01²), biases 0.</summary>
    public static readonly InitializationScheme Vgg = new(FanOutNormal, SmallNormal, (_, _) => Zero, 1);

    /// <summary>The network-slimming code (Liu et al., 2017) and the pruning code that grew from it: as <see cref="Vgg"/>, with γ = 0.5.</summary>
    public static readonly InitializationScheme Slimming = Vgg with { BatchNormScale = 0.5f };

    /// <summary>Krizhevsky et al. (2012), section 5: all weights N(0, 0.01²); biases 1 in convolutions 2, 4, 5 and the hidden fully connected layers, otherwise 0.</summary>
    public static readonly InitializationScheme AlexNet =
        new(SmallNormal, SmallNormal, (layer, _) => new ConstantInitializer(layer is "conv1" or "conv3" or "fc8" ? 0 : 1), 1);

    private static ConstantInitializer Zero => new(0);

    /// <summary>σ = √(2 / (k · k · F)): He et al. (2015), equation 14, with one weight's own filters as fan-out, whatever the number of groups.</summary>
    private static NormalInitializer FanOutNormal(TensorShape weight) => new(Math.Sqrt(2.0 / (weight[0] * weight.Product(2, weight.Rank))));

    private static UniformInitializer FanInUniform(TensorShape weight) => new(1 / Math.Sqrt(weight.Product(1, weight.Rank)));

    private static NormalInitializer SmallNormal(TensorShape weight) => new(0.01);
}
