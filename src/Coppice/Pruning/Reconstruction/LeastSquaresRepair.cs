using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Search;
using Coppice.Tensors;

namespace Coppice.Pruning.Reconstruction;

/// <summary>
/// Changes the weights that read what stays so that the layers' outputs come as near as they can to those before the cut, in the least-squares sense over the data:
/// <c>W_S ← W Ψ[:, S] (Ψ[S, S] + ρI)⁻¹</c>, S the columns that stay, ρ a ridge. Needs no labels and no gradient.
/// </summary>
public static class LeastSquaresRepair
{
    /// <summary>ρ as a share of the mean of Ψ's diagonal: columns that hardly vary must not blow weights up.</summary>
    private const double RidgeShare = 1e-4;

    /// <summary>The network with repaired weights, at its old size; the cut comes after.</summary>
    /// <param name="network">The network.</param>
    /// <param name="error">The error of a group of the network, with the moments of the layers that read it.</param>
    /// <param name="group">That group.</param>
    /// <param name="kept">One bit per channel of the group; those that are not set will go.</param>
    public static Network Apply(Network network, LayerError error, ChannelGroup group, BitString kept) => network.WithParameters(
        Weights(network, error.Moments, Enumerable.Range(0, group.Size).Where(channel => !kept[channel]).Select(channel => group.Units[channel]).ToHashSet()));

    /// <summary>The repaired weights by name, at their old size; the cut comes after.</summary>
    /// <param name="network">The network.</param>
    /// <param name="moments">The layers to repair, with the moments of what they read.</param>
    /// <param name="gone">Units that will go.</param>
    public static IReadOnlyDictionary<string, HostTensor> Weights(Network network, IEnumerable<ReaderMoments> moments, IReadOnlySet<int> gone) =>
        moments.ToDictionary(moment => moment.Reader.Parameter, moment => Repair(network, moment, gone));

    private static HostTensor Repair(Network network, ReaderMoments moment, IReadOnlySet<int> gone)
    {
        using var scope = new TensorScope();
        using var mode = GradMode.Disable();
        var layer = ReaderLayer.Of(network, moment.Reader);
        long[] stay = [.. Enumerable.Range(0, layer.Columns).Where(column => !gone.Contains(moment.Reader.Ids[column / layer.ColumnsPerChannel])).Select(column => (long)column)];
        var s = Tensor.FromArray(stay, stay.Length);
        var blocks = new List<Tensor>();
        for (int block = 0; block < layer.BlockCount; block++)
        {
            var w = layer.Matrix(block);
            blocks.Add(w.Clone().IndexCopy(1, s, Solve(moment.Block(block), w, s)));
        }

        return layer.Weight(blocks);
    }

    /// <summary>W Ψ[:, S] (Ψ[S, S] + ρI)⁻¹, [outputs, |S|].</summary>
    private static Tensor Solve(Tensor psi, Tensor w, Tensor s)
    {
        var columns = psi.IndexSelect(1, s);
        var square = columns.IndexSelect(0, s);
        double ridge = RidgeShare * square.Diagonal().Mean().Item();
        var factor = square.Add(Tensor.Identity(s.Size(0), DType.Float64).Multiply(Math.Max(ridge, double.Epsilon))).Cholesky();
        return factor.CholeskySolve(w.MatMul(columns).Transpose(0, 1)).Transpose(0, 1);
    }
}
