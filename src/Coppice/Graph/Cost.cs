namespace Coppice.Graph;

/// <summary>What a network costs for one image.</summary>
/// <param name="Macs">Multiply-accumulates of convolutions and fully connected layers; biases, normalisation, activations and pooling are free. 1 MAC = 2 FLOPs; what papers call FLOPs is mostly this.</param>
/// <param name="Parameters">Learned numbers: weights, biases, γ and β. Running statistics are not among them.</param>
/// <param name="BatchNormElements">Elements that enter batch normalisations.</param>
public readonly record struct Cost(long Macs, long Parameters, long BatchNormElements)
{
    /// <summary>The other convention in use: thop's count, <see cref="Macs"/> plus 4 per batch-norm element.</summary>
    public long ThopMacs => Macs + (4 * BatchNormElements);
}
