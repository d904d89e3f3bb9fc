namespace Coppice.Pruning.Reconstruction;

/// <summary>Memory in bytes that the repair of a search's candidates takes, at most; <see langword="default"/> where nothing is repaired.</summary>
/// <param name="Moments">The second moments of all layers, which stay as long as the search goes on.</param>
/// <param name="WidestBlock">Those of the widest layer, or block of a grouped convolution.</param>
/// <param name="Solving">While the equations of a layer are solved, of the layer that takes most.</param>
internal readonly record struct RepairMemory(long Moments, long WidestBlock, long Solving)
{
    /// <summary>A block's moments as a tensor; of them the rows and the square that stay; the factor, and the copy of it that solves.</summary>
    private const int MatricesOfBlock = 5;

    /// <summary>The weight in both precisions; of it the columns that go; right-hand side, copy of it that is solved, and solution.</summary>
    private const int MatricesOfWeight = 6;

    /// <summary>While moments are measured, beside the network: the sums, a copy of them at the end, and what a batch adds to the widest.</summary>
    public long WhileMeasured => (2 * Moments) + (2 * WidestBlock);

    /// <summary>While candidates are scored. One is cut at a time: walks side by side take them from one enumeration.</summary>
    public long WhileSearched => Moments + Solving;

    /// <summary>What layers take together.</summary>
    public static RepairMemory Of(IReadOnlyCollection<ReaderLayer> layers) => layers.Count == 0 ? default : new(
        layers.Sum(layer => layer.BlockCount * BlockOf(layer)),
        layers.Max(BlockOf),
        layers.Max(layer => (MatricesOfBlock * BlockOf(layer)) + (MatricesOfWeight * sizeof(double) * layer.BlockCount * (long)layer.Outputs * layer.Columns)));

    private static long BlockOf(ReaderLayer layer) => sizeof(double) * (long)layer.Columns * layer.Columns;
}
