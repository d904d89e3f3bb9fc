using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Search;
using Coppice.Tensors;

namespace Coppice.Pruning.Reconstruction;

/// <summary>
/// Changes the weights that read what stays so that the layers' outputs come as near as they can to those before the cut, in the least-squares sense over the data:
/// <c>W_S ← W_S + W_R Ψ[R, S] (Ψ[S, S] + ρI)⁻¹</c>, S the columns that stay, R those that go, ρ a ridge. Needs no labels and no gradient.
/// </summary>
/// <remarks>
/// Deviation: the plain form, W Ψ[:, S] (Ψ[S, S] + ρI)⁻¹, is the same but for −ρ W_S (Ψ[S, S] + ρI)⁻¹: its ridge pulls the weights that stay towards zero, in every direction that the sample
/// hardly shows, and with fewer samples than columns forgets most of them. Here the ridge bounds the change, so what the data say nothing about stays as it was.
/// </remarks>
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
        bool Stays(long column) => !gone.Contains(moment.Reader.Ids[column / layer.ColumnsPerChannel]);
        var columns = Enumerable.Range(0, layer.Columns).Select(column => (long)column).ToLookup(Stays);
        long[] stay = [.. columns[true]], go = [.. columns[false]];
        var (s, r) = (Tensor.FromArray(stay, stay.Length), Tensor.FromArray(go, go.Length));
        return layer.Weight([.. Enumerable.Range(0, layer.BlockCount).Select(block => Repaired(layer, moment, block, s, r))]);
    }

    /// <summary>W of a block, [outputs, columns], its columns that stay being repaired.</summary>
    private static Tensor Repaired(ReaderLayer layer, ReaderMoments moment, int block, Tensor s, Tensor r)
    {
        using var scope = new TensorScope();
        var w = layer.Matrix(block);
        return scope.MoveToOuter(w.IndexCopy(1, s, w.IndexSelect(1, s).Add(Change(moment.Block(block), w.IndexSelect(1, r), s, r))));
    }

    /// <summary>W_R Ψ[R, S] (Ψ[S, S] + ρI)⁻¹, [outputs, |S|]: what those that stay take over.</summary>
    private static Tensor Change(Tensor psi, Tensor lost, Tensor s, Tensor r)
    {
        var rows = psi.IndexSelect(1, s);
        var square = rows.IndexSelect(0, s);
        double ridge = RidgeShare * square.Diagonal().Mean().Item();
        square.Diagonal().AddInPlace(Math.Max(ridge, double.Epsilon));
        return square.Cholesky().CholeskySolve(lost.MatMul(rows.IndexSelect(0, r)).Transpose(0, 1)).Transpose(0, 1);
    }
}
