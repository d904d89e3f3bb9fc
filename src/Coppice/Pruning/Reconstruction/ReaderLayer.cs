using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Operators;
using Coppice.Search;
using Coppice.Tensors;

namespace Coppice.Pruning.Reconstruction;

/// <summary>
/// A convolution or fully connected layer as what it is to the linear algebra: output = W · x, W being [outputs, columns] and x the columns that an output reads; for a grouped
/// convolution one such product per block.
/// </summary>
internal sealed class ReaderLayer
{
    private readonly HostTensor _weight;
    private readonly ParameterAxis _reader;

    private ReaderLayer(HostTensor weight, ParameterAxis reader)
    {
        (_weight, _reader) = (weight, reader);
        IsConvolution = reader.Node.OperatorType == "Conv";
        BlockCount = IsConvolution ? (int)reader.Node.Attributes.Integer("group", 1) : 1;
        ColumnsPerChannel = IsConvolution ? (int)weight.Shape.Product(2, weight.Shape.Rank) : 1;
        Columns = reader.Ids.Length * ColumnsPerChannel;
    }

    /// <summary>The input side of its weight.</summary>
    public ParameterAxis Reader => _reader;

    public bool IsConvolution { get; }

    /// <summary>Blocks of a grouped convolution; 1 for any other layer.</summary>
    public int BlockCount { get; }

    /// <summary>kH · kW of a convolution, 1 otherwise: columns that read one position of the reading axis.</summary>
    public int ColumnsPerChannel { get; }

    /// <summary>Columns of one block.</summary>
    public int Columns { get; }

    /// <summary>Outputs of one block.</summary>
    public int Outputs => (int)(_weight.Shape.Length / Columns / BlockCount);

    /// <summary>Whether a node is linear in what it reads.</summary>
    public static bool IsSupported(Node node) => node.OperatorType is "Conv" or "Gemm";

    /// <exception cref="UnsupportedModelException">The node is neither a convolution nor a fully connected layer.</exception>
    public static ReaderLayer Of(Network network, ParameterAxis reader) => IsSupported(reader.Node)
        ? new(network.Parameters[reader.Parameter], reader)
        : throw new UnsupportedModelException($"Cannot measure the error of {reader.Node}: only convolutions and fully connected layers are linear in their input and have a stored weight here.");

    /// <summary>W of a block in double precision, [outputs, columns].</summary>
    public Tensor Matrix(int block)
    {
        var all = Tensor.FromArray(_weight.Floats(), _weight.Shape.Extents.AsSpan()).To(DType.Float64);
        all = _reader.Axis == 0 ? all.Transpose(0, 1) : all;
        return all.Reshape(BlockCount, Outputs, Columns).Select(0, block);
    }

    /// <summary>The weight in the file's own order, from the blocks' matrices.</summary>
    /// <param name="blocks">[outputs, columns] each.</param>
    public HostTensor Weight(IReadOnlyList<Tensor> blocks)
    {
        var all = Tensor.Cat(blocks, 0).To(DType.Float32);
        return _weight.WithFloats((_reader.Axis == 0 ? all.Transpose(0, 1).Contiguous() : all).ToArray<float>());
    }

    /// <summary>What the outputs read, for each block: [columns, samples].</summary>
    /// <param name="input">The layer's input: [N, C, H, W] or [N, C, L] of a convolution, [N, in] of a fully connected layer.</param>
    /// <param name="positions">Output positions per image, or null for all.</param>
    /// <param name="rng">Draws the positions.</param>
    public Tensor[] Patches(Tensor input, int? positions, Rng? rng)
    {
        if (!IsConvolution)
        {
            return [input.Transpose(0, 1)];
        }

        var window = SpatialWindow.Parse(_reader.Node, _weight.Shape.Extents.AsSpan()[2..], input.Shape.AsSpan(2));
        long[] extents = window.OutputExtents(_reader.Node, input.Shape.AsSpan(2));
        input = input.Rank == 3 ? input.Unsqueeze(2) : input;
        var padded = input.Pad([window.PadBegin.Left, window.PadEnd.Right, window.PadBegin.Top, window.PadEnd.Bottom]).Contiguous();
        int all = (int)extents.Aggregate((product, extent) => product * extent);
        long[]? drawn = positions is { } count && count < all ? [.. rng!.Sample(all, count).Select(position => (long)position)] : null;
        return
        [
            .. Enumerable.Range(0, BlockCount).Select(block => padded.Narrow(1, block * _reader.Ids.Length, _reader.Ids.Length))
                .Select(channels => drawn is null ? AllPatches(channels, window) : SomePatches(channels, window, drawn, extents[^1])),
        ];
    }

    private Tensor AllPatches(Tensor padded, SpatialWindow window) => padded
        .Unfold([window.Kernel.Rows, window.Kernel.Columns], [window.Stride.Rows, window.Stride.Columns], [window.Dilation.Rows, window.Dilation.Columns])
        .Permute(1, 0, 2).Reshape(Columns, -1);

    /// <summary>The patches of stated output positions, without those of all others in between.</summary>
    private Tensor SomePatches(Tensor padded, SpatialWindow window, long[] positions, long outputColumns)
    {
        long width = padded.Size(3);
        long[] taken =
        [
            .. from row in Enumerable.Range(0, (int)window.Kernel.Rows)
               from column in Enumerable.Range(0, (int)window.Kernel.Columns)
               from position in positions
               select (((position / outputColumns * window.Stride.Rows) + (row * window.Dilation.Rows)) * width) + (position % outputColumns * window.Stride.Columns) + (column * window.Dilation.Columns),
        ];
        var elements = padded.Reshape(padded.Size(0), padded.Size(1), -1).IndexSelect(2, Tensor.FromArray(taken, taken.Length).To(padded.Device));
        return elements.Reshape(padded.Size(0), padded.Size(1), ColumnsPerChannel, positions.Length).Permute(1, 2, 0, 3).Reshape(Columns, -1);
    }
}
