using System.Collections.Immutable;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Search;

namespace Coppice.Runs;

/// <summary>Input of a network, in the element type that the file declares.</summary>
internal sealed record VerificationInput(string Name, HostTensor Value);

/// <summary>Draws the inputs of a verification: N(0, 1), or images that were given, in batches as large as the file allows and memory suggests.</summary>
internal sealed class VerificationInputs
{
    private const ulong Stream = 0x56455249;
    private const int LargestBatch = 16;
    private const long MostValues = 1 << 21;

    private readonly ImmutableArray<(string Name, ElementType Type, TensorShape Shape)> _inputs;
    private readonly ulong _seed;
    private readonly VerificationImages? _images;

    /// <exception cref="UnsupportedModelException">An input's shape is open, or it does not hold floating-point numbers.</exception>
    public VerificationInputs(Network network, VerificationOptions options)
    {
        _seed = options.Seed;
        var single = network.Inputs.Select(input => (Input: input, Shape: SingleShape(input, options))).ToList();
        long? fixedBatch = single.Select(entry => DeclaredBatch(entry.Input)).Max();
        long values = single.Sum(entry => entry.Shape.Length);
        BatchSize = (int)(fixedBatch ?? Math.Clamp(MostValues / Math.Max(1, values), 1, Math.Min(LargestBatch, options.Samples)));
        Batches = (options.Samples + BatchSize - 1) / BatchSize;
        _images = options.Images is { } images ? images with { Subset = images.Subset.Take(Math.Min(options.Samples, images.Subset.Count), _seed) } : null;
        _inputs = [.. single.Select(entry => (entry.Input.Name, entry.Input.Type, entry.Shape.Rank == 0 ? entry.Shape : entry.Shape.With(0, DeclaredBatch(entry.Input) ?? BatchSize)))];
    }

    /// <summary>Inputs per run.</summary>
    public int BatchSize { get; }

    /// <summary>Number of runs.</summary>
    public int Batches { get; }

    /// <summary>The inputs of a run; the same for the same seed.</summary>
    public ImmutableArray<VerificationInput> Draw(int batch)
    {
        if (_images is not null) return [.. _inputs.Select(input => new VerificationInput(input.Name, HostTensor.FromFloats(input.Shape, Images(_images, batch, input.Shape), input.Type)))];

        var rng = Rng.For(_seed, Stream, (ulong)batch);
        return [.. _inputs.Select(input => new VerificationInput(input.Name, HostTensor.FromFloats(input.Shape, Values(input.Shape.Length, rng), input.Type)))];
    }

    /// <summary>The images of a run; where there are fewer than inputs, they come again.</summary>
    private static float[] Images(VerificationImages images, int batch, TensorShape shape)
    {
        var dataset = images.Subset.Dataset;
        float[] values = new float[shape.Length], table = images.Normalization.Table();
        int pixels = dataset.Shape.PixelCount, count = values.Length / pixels;
        for (int i = 0; i < count; i++)
        {
            int index = images.Subset.Indices[((batch * count) + i) % images.Subset.Count];
            default(Placement).Write(dataset.Image(index), dataset.Shape, table, values.AsSpan(i * pixels, pixels));
        }

        return values;
    }

    private static float[] Values(long count, Rng rng)
    {
        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)rng.NextGaussian();
        }

        return values;
    }

    private static long? DeclaredBatch(NetworkValue input) => input.Dimensions.IsDefaultOrEmpty ? null : input.Dimensions[0].Extent;

    private static TensorShape SingleShape(NetworkValue input, VerificationOptions options)
    {
        if (!ElementTypes.IsFloatingPoint(input.Type))
        {
            throw new UnsupportedModelException($"Cannot verify the network: its input '{input.Name}' holds {input.Type}; random inputs are made of floating-point numbers only.");
        }

        return ShapeInference.InputShape(input, options.InputShapes);
    }
}
