using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Graph.Operators;
using Coppice.Onnx;
using Coppice.Runs;
using Coppice.Tensors;
using Coppice.Tests.Execution;
using Coppice.Tests.Graph;
using Coppice.Tests.Oracles;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Operators;

/// <summary>Every operator through every stage: file, shapes, channels, execution, training, cut, export; ONNX Runtime is the judge.</summary>
public sealed class OperatorMatrixTests : LeakCheck
{
    private static readonly Dictionary<string, OperatorCase> Cases = OperatorCases.All.ToDictionary(operatorCase => operatorCase.Name);

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void Every_operator_of_the_table_has_a_case() =>
        Assert.Equal(OperatorTable.All.Select(known => known.Type).Order(), Cases.Values.Select(operatorCase => operatorCase.Type).Distinct().Order());

    /// <summary>The published matrix says what these tests hold; <c>COPPICE_WRITE_DOCS=1</c> writes it anew.</summary>
    [Fact]
    public void Published_matrix_is_that_of_the_cases()
    {
        string path = Path.Combine(Checkout.Root, "docs", "operators.md");
        string matrix = OperatorMatrix.Of(Cases.Values);
        if (Environment.GetEnvironmentVariable("COPPICE_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, matrix);
        }

        Assert.Equal(matrix, File.ReadAllText(path));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_read_back_as_written(string name)
    {
        var network = Cases[name].Build();

        var read = OnnxReader.Read(OnnxWriter.ToBytes(network));

        Assert.Equal(OnnxWriter.ToBytes(network), OnnxWriter.ToBytes(read));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Channels_may_go_or_must_stay(string name)
    {
        var (expected, units) = (Cases[name], ChannelUnits.Analyze(Cases[name].Build()));

        string[] prunable = [.. expected.Locked is null ? ["a"] : Array.Empty<string>(), "b", .. expected.Others];
        Assert.Equal(prunable.Order(), units.PrunableGroups.Select(group => group.Name.Split('#')[0]).Distinct().Order());
        if (expected.Locked is { } reason)
        {
            Assert.Contains(reason, units.Groups.Single(group => group.Name == "a").LockReason, StringComparison.Ordinal);
        }
    }

    /// <summary>Zeroed = cut in both engines, and both engines agree: shapes, execution, surgery and export in one.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Cut_network_computes_what_the_zeroed_one_does(string name)
    {
        var network = Cases[name].Build();
        var units = ChannelUnits.Analyze(network);
        foreach (int seed in Enumerable.Range(1, 3))
        {
            var plan = NetworkGenerator.Plan(units, seed);

            var result = Verification.Run(network, plan, prunedFile: null, new() { Samples = 4, Tolerance = 1e-5 }, CancellationToken.None);

            Assert.All(result.Checks, check => Assert.True(check.Status == VerificationStatus.Passed, $"{check.Name}: {check.Status}, {check.Difference}, {check.Detail}"));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Lets_gradients_through(string name)
    {
        var network = Cases[name].Build();
        using var scope = new TensorScope();
        using var program = NetworkProgram.Compile(network, new() { Mode = ExecutionMode.Training });
        var output = program.Run(Executing.Images(network));

        output.Multiply(output).Sum().Backward();

        float[] gradient = program.Learned.First(entry => entry.Key == "a.weight").Value.Grad is { } found ? found.ToArray<float>() : [];
        Assert.All(gradient, value => Assert.True(float.IsFinite(value)));
        Assert.Equal(!Cases[name].IsFlat, gradient.Any(value => value != 0));
    }
}
