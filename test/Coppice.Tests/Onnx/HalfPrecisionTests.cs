using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Runs;
using Coppice.Tensors;
using Coppice.Tests.Execution;
using Coppice.Tests.Oracles;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Onnx;

public sealed class HalfPrecisionTests : LeakCheck
{
    /// <summary>Values between, on and beside the numbers of 16 bits, of all sizes, with what is no finite number.</summary>
    private static readonly float[] Sweep =
    [
        0, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 65504, 65519.996f, 65520, -65536, float.MaxValue, float.Epsilon, 5.9604645e-8f, 2.9802322e-8f, 2.9802326e-8f,
        .. Enumerable.Range(0, 20_000).Select(i => BitConverter.UInt32BitsToSingle(unchecked((uint)i * 214_783u))).Where(float.IsFinite),
        .. Enumerable.Range(0, 2_000).Select(i => 1 + (i / 4096f)),
    ];

    public static TheoryData<string, ElementType> Forms => new()
    {
        { "half", ElementType.Float16 },
        { "cast", ElementType.Float16 },
        { "bf16", ElementType.BFloat16 },
        { "double", ElementType.Float64 },
    };

    [Theory]
    [InlineData("half", ElementType.Float16)]
    [InlineData("bf16", ElementType.BFloat16)]
    public void Rounding_is_that_of_the_reference(string name, ElementType type)
    {
        ushort[] expected = OnnxFiles.Round(name, Sweep);

        ushort[] rounded = [.. HostTensor.FromFloats(new(Sweep.Length), Sweep, type).Bytes.ToArray().Chunk(2).Select(pair => BitConverter.ToUInt16(pair))];

        for (int i = 0; i < Sweep.Length; i++)
        {
            bool isSame = expected[i] == rounded[i] || float.IsNaN(Sweep[i]);
            Assert.True(isSame, $"{Sweep[i]:R} became {rounded[i]:X4}, not {expected[i]:X4}.");
        }

        Assert.True(float.IsNaN(HostTensor.FromFloats(new(1), [float.NaN], type).Floats()[0]));
    }

    [Theory]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    public void Every_number_of_16_bits_survives_a_change_that_changes_nothing(ElementType type)
    {
        byte[] all = [.. Enumerable.Range(0, 1 << 16).SelectMany(bits => BitConverter.GetBytes((ushort)bits))];
        var tensor = HostTensor.FromBytes(type, new(1 << 16), all);

        Assert.Equal(all, tensor.WithFloats(tensor.Floats()).Bytes.ToArray());
    }

    [Fact]
    public void Double_keeps_what_single_precision_does_not_see_and_takes_what_changes()
    {
        var tensor = HostTensor.FromBytes(ElementType.Float64, new(2), new[] { 1.0 / 3, 2.0 / 3 }.SelectMany(value => BitConverter.GetBytes(value)).ToArray());

        var changed = tensor.WithFloats([tensor.Floats()[0], 0.5f]);

        Assert.Equal([1.0 / 3, 0.5], changed.Bytes.ToArray().Chunk(8).Select(bytes => BitConverter.ToDouble(bytes)));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Written_file_has_every_bit_of_the_one_that_was_read(string form, ElementType type)
    {
        using var folder = new TemporaryFolder();
        OnnxFiles.WriteTyped(form, folder.File("in.onnx"));

        var read = OnnxReader.Read(folder.File("in.onnx"));
        OnnxWriter.Write(read, folder.File("out.onnx"));

        Assert.Equal(type, read.Parameters["a.weight"].Type);
        Assert.Equal(form == "cast" ? ElementType.Float32 : type, read.Inputs[0].Type);
        Assert.Equal(OnnxFiles.Tensors(folder.File("in.onnx")), OnnxFiles.Tensors(folder.File("out.onnx")));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Network_computes_with_the_widened_weights(string form, ElementType type)
    {
        using var folder = new TemporaryFolder();
        OnnxFiles.WriteTyped(form, folder.File("in.onnx"));
        float[] expected = [.. OnnxOracle.EvaluateFile(folder.File("in.onnx")).Select(number => (float)number)];
        var network = OnnxReader.Read(folder.File("in.onnx"));
        float[] image = [.. Enumerable.Range(0, 3 * 64).Select(i => (float)Math.Sin(0.37 * i))];

        float[][] outputs = Executing.Run(network, Tensor.FromArray(image, 1, 3, 8, 8));

        Assert.Equal(type, network.Parameters["stem_bn.mean"].Type);
        Executing.AssertClose(expected, outputs[0], 1e-5);
    }

    /// <summary>The plain twin folds nothing and sees widened weights only.</summary>
    [Fact]
    public void Folded_and_unfolded_normalisation_agree()
    {
        var network = Read("half");
        using var images = Executing.Images(network);

        float[][] unfolded = Executing.RunPlainly(Widened(network), images);

        Executing.AssertClose(unfolded, Executing.Run(network, images), 1e-5);
    }

    [Theory]
    [InlineData("half")]
    [InlineData("cast")]
    public void Cut_network_is_verified_in_both_engines(string form)
    {
        using var folder = new TemporaryFolder();
        OnnxFiles.WriteTyped(form, folder.File("in.onnx"));
        var network = OnnxReader.Read(folder.File("in.onnx"));
        var plan = EverySecond(network);
        OnnxWriter.Write(Pruner.Apply(network, plan), folder.File("out.onnx"));

        var result = Verification.Run(network, plan, folder.File("out.onnx"), new() { Samples = 32 }, default);

        var checks = result.Checks.ToDictionary(check => check.Name);
        Assert.All(result.Checks, check => Assert.True(check.Status == VerificationStatus.Passed, $"{check.Name}: {check.Status}, {check.Difference}, {check.Detail}"));
        Assert.Equal(["engines", "file-engines", "file-structure", "masked-sliced", "masked-sliced-onnxruntime"], checks.Keys.Order(StringComparer.Ordinal));
        Assert.InRange(checks["masked-sliced"].Difference!.Value, 0, 1e-5);
        Assert.Null(checks["masked-sliced"].Tolerance);
        Assert.Equal(16.0 / 2048, checks["engines"].Tolerance);
        Assert.InRange(checks["engines"].Difference!.Value, 1e-5, 4.0 / 2048);
    }

    [Fact]
    public void Trained_weights_come_back_in_half_precision_and_others_with_their_bits()
    {
        var network = Read("half");
        using var program = NetworkProgram.Compile(network, new() { Mode = ExecutionMode.Training });
        using (GradMode.Disable())
        {
            program.Learned.Single(entry => entry.Key == "b.weight").Value.AddInPlace(0.1);
        }

        var captured = program.Capture();

        Assert.All(network.Parameters.Where(entry => entry.Key != "b.weight"), entry => Assert.Equal(entry.Value.Bytes.ToArray(), captured.Parameters[entry.Key].Bytes.ToArray()));
        Half[] expected = [.. network.Parameters["b.weight"].Floats().ToArray().Select(value => (Half)(value + 0.1f))];
        Assert.Equal(ElementType.Float16, captured.Parameters["b.weight"].Type);
        Assert.Equal(expected, captured.Parameters["b.weight"].Floats().ToArray().Select(value => (Half)value));
    }

    private static Network Read(string form)
    {
        using var folder = new TemporaryFolder();
        OnnxFiles.WriteTyped(form, folder.File("in.onnx"));
        return OnnxReader.Read(folder.File("in.onnx"));
    }

    private static Network Widened(Network network) =>
        network.WithParameters(network.Parameters.ToDictionary(entry => entry.Key, entry => HostTensor.FromFloats(entry.Value.Shape, entry.Value.Floats().ToArray())));

    private static PruningPlan EverySecond(Network network) => new(
        network.Name,
        [.. ChannelUnits.Analyze(network).PrunableGroups.Select(group => new GroupPlan(group.Name, group.Size, [.. Enumerable.Range(0, group.Size).Where(channel => channel % 2 == 0)]))]);
}
