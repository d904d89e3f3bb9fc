using System.Collections.Immutable;

namespace Coppice.Models;

/// <summary>The convolutional part of VGG (Simonyan &amp; Zisserman, 2015, table 1: configurations A, B, D and E): five blocks of equally wide 3×3 convolutions.</summary>
internal static class VggLayout
{
    private static readonly ImmutableArray<int> Widths = [64, 128, 256, 512, 512];

    /// <summary>The depths, with the number of convolutions per block.</summary>
    public static readonly ImmutableArray<(int Depth, ImmutableArray<int> Convolutions)> Depths =
    [
        (11, [1, 1, 2, 2, 2]),
        (13, [2, 2, 2, 2, 2]),
        (16, [2, 2, 3, 3, 3]),
        (19, [2, 2, 4, 4, 4]),
    ];

    /// <summary>Appends convolutions, ReLUs and 2×2 max-pooling after each block, numbered as PyTorch's <c>features</c>.</summary>
    /// <param name="net">The network.</param>
    /// <param name="convolutions">Convolutions per block.</param>
    /// <param name="bias">Whether convolutions have biases.</param>
    /// <param name="batchNorm">Whether batch normalisation follows each convolution.</param>
    /// <param name="poolLast">Whether the last block is pooled too.</param>
    public static NetworkBuilder AppendFeatures(NetworkBuilder net, ImmutableArray<int> convolutions, bool bias, bool batchNorm, bool poolLast)
    {
        int layer = 0;
        string Next() => $"features.{layer++}";
        for (int block = 0; block < convolutions.Length; block++)
        {
            for (int i = 0; i < convolutions[block]; i++)
            {
                net.Convolution(Next(), Widths[block], kernel: 3, pad: 1, bias: bias);
                if (batchNorm)
                {
                    net.BatchNorm(Next());
                }

                net.Relu(Next());
            }

            if (poolLast || block < convolutions.Length - 1)
            {
                net.MaxPool(Next(), kernel: 2, stride: 2);
            }
        }

        return net;
    }
}
