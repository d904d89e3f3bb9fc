namespace Coppice.Data;

/// <summary>What images may be used for. Every accuracy is reported with its split.</summary>
public enum Split
{
    /// <summary>Fits weights, and re-estimates batch-norm statistics.</summary>
    Train,

    /// <summary>Gives the fitness of a search and chooses epochs; cut from the training images.</summary>
    Search,

    /// <summary>The official test images, used once at the end.</summary>
    Test,
}
