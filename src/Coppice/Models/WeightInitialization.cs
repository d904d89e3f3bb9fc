namespace Coppice.Models;

/// <summary>What the parameters of a built network hold.</summary>
public enum WeightInitialization
{
    /// <summary>The published starting values of the architecture, see <see cref="InitializationScheme"/>.</summary>
    Random,

    /// <summary>
    /// Zeros, all in one block of memory that is as large as the largest parameter and that nobody touches: even an ImageNet network is built in milliseconds.
    /// For counting cost and analysing structure; such a network computes nothing.
    /// </summary>
    Zero,
}
