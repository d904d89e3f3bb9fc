using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Pruning.Hooks;

/// <summary>
/// One number per channel unit of a network, 1 for what lives and 0 for what is masked, and the means to multiply it into whatever lies along the channels: filters, biases, γ and β.
/// What reads the channels, and running statistics, are left alone.
/// </summary>
internal sealed class ChannelMask : IDisposable
{
    private readonly ImmutableArray<MaskedAxis> _axes;

    public ChannelMask(ChannelUnits units, IReadOnlyDictionary<string, Tensor> learned)
    {
        Units = Tensor.Ones([units.UnitCount]).Keep();
        _axes =
        [
            .. units.Axes
                .Where(axis => axis.Role != ChannelRole.Read && learned.ContainsKey(axis.Parameter))
                .DistinctBy(axis => (axis.Parameter, axis.Axis))
                .Select(axis => new MaskedAxis(
                    axis.Parameter,
                    Tensor.FromArray((long[])[.. axis.Ids], axis.Ids.Length).Keep(),
                    [.. Enumerable.Range(0, learned[axis.Parameter].Rank).Select(i => i == axis.Axis ? axis.Ids.Length : 1L)])),
        ];
    }

    /// <summary>[units], 0 or 1.</summary>
    public Tensor Units { get; }

    /// <summary>Multiplies the mask into tensors that are shaped like the parameters.</summary>
    /// <param name="target">The tensor for a parameter's name; null for none.</param>
    /// <param name="withVectors">Whether biases, γ and β are masked too, not only filters.</param>
    public void MultiplyInto(Func<string, Tensor?> target, bool withVectors)
    {
        foreach (var axis in _axes.Where(axis => withVectors || axis.Shape.Length > 1))
        {
            target(axis.Parameter)?.MultiplyInPlace(Units.IndexSelect(0, axis.Positions).Reshape(axis.Shape));
        }
    }

    public void Dispose()
    {
        Units.Dispose();
        foreach (var axis in _axes)
        {
            axis.Positions.Dispose();
        }
    }

    /// <summary>A parameter axis along which channels lie.</summary>
    /// <param name="Parameter">Name of the parameter.</param>
    /// <param name="Positions">Unit of each position, 64-bit integers.</param>
    /// <param name="Shape">Shape of the mask against the parameter: the axis' extent there, 1 elsewhere.</param>
    private sealed record MaskedAxis(string Parameter, Tensor Positions, long[] Shape);
}
