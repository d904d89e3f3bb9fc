using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Tests.OnnxRuntime;

/// <summary>
/// The model affine: scores = x W + b, positive = max(scores, 0), total = Σ positive, with W = [[1, 2], [3, 4], [5, 6]] and b = [−10, 1].
/// (1, 2, 3) W + b = (1 + 6 + 15 − 10, 2 + 8 + 18 + 1) = (12, 29); (1, 0, −1) W + b = (1 − 5 − 10, 2 − 6 + 1) = (−14, −3).
/// </summary>
public class InferenceSessionTests
{
    private static readonly float[] TwoRows = [1, 2, 3, 1, 0, -1];

    public static TheoryData<GraphOptimization, int> Settings => new()
    {
        { GraphOptimization.None, 1 },
        { GraphOptimization.Basic, 1 },
        { GraphOptimization.Extended, 1 },
        { GraphOptimization.All, 1 },
        { GraphOptimization.All, 2 },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Run_computes_the_hand_worked_numbers_at_every_setting(GraphOptimization optimization, int threads)
    {
        using var session = InferenceSession.Load(Fixture.Bytes("affine"), new() { GraphOptimization = optimization, Threads = threads });

        var outputs = session.Run(Rows(TwoRows));

        Assert.Equal([12, 29, -14, -3], outputs["scores"].ToArray<float>());
        Assert.Equal([12, 29, 0, 0], outputs["positive"].ToArray<float>());
        Assert.Equal([2, 2], outputs["positive"].Shape.ToArray());
        Assert.Equal([41], outputs["total"].ToArray<float>());
        Assert.Empty(outputs["total"].Shape.ToArray());
    }

    [Fact]
    public void Run_returns_only_the_outputs_asked_for()
    {
        using var session = Affine();

        var outputs = session.Run(Rows(TwoRows), ["total", "scores"]);

        Assert.Equal(["scores", "total"], outputs.Keys.Order());
        Assert.Equal([12, 29, -14, -3], outputs["scores"].ToArray<float>());
        Assert.Equal([41], outputs["total"].ToArray<float>());
    }

    [Fact]
    public void Run_sees_what_changed_in_the_array_of_an_input()
    {
        float[] row = [0, 0, 0];
        var inputs = Rows(row);
        using var session = Affine();

        var before = session.Run(inputs)["scores"].ToArray<float>();
        row[0] = 10;
        var after = session.Run(inputs)["scores"].ToArray<float>();

        Assert.Equal([-10, 1], before);
        Assert.Equal([0, 21], after);
    }

    [Fact]
    public void Session_describes_its_inputs_and_outputs()
    {
        using var session = Affine();

        var input = Assert.Single(session.Inputs);
        Assert.Equal(new TensorInfo("x", TensorElementType.Float32, [-1, 3], ["N", ""]), input);
        Assert.NotEqual(new TensorInfo("x", TensorElementType.Float32, [-1, 4], ["N", ""]), input);
        Assert.Equal("x: Float32[N,3]", input.ToString());
        Assert.Equal(["scores: Float32[N,2]", "positive: Float32[N,2]", "total: Float32[]"], session.Outputs.Select(output => output.ToString()));
    }

    [Fact]
    public void Session_describes_axes_without_a_name_and_outputs_that_are_no_tensors()
    {
        using var reshape = InferenceSession.Load(Fixture.Bytes("reshape"));
        using var sequence = InferenceSession.Load(Fixture.Bytes("sequence"));

        Assert.Equal(["x: Float32[?]", "shape: Int64[2]"], reshape.Inputs.Select(input => input.ToString()));
        Assert.Equal(TensorElementType.Undefined, Assert.Single(sequence.Outputs).ElementType);
    }

    [Fact]
    public void A_model_file_runs_as_its_bytes_do()
    {
        using var session = InferenceSession.Load(Fixture.PathOf("affine"));

        Assert.Equal([12, 29, -14, -3], session.Run(Rows(TwoRows))["scores"].ToArray<float>());
    }

    [Fact]
    public void Two_sessions_work_side_by_side()
    {
        using var affine = Affine();
        using var reshape = InferenceSession.Load(Fixture.Bytes("reshape"));

        var grid = reshape.Run(Reshape([1, 2, 3, 4, 5, 6], 2, 3))["y"];
        affine.Dispose();
        var again = reshape.Run(Reshape([1, 2, 3, 4, 5, 6], 3, -1))["y"];

        Assert.Equal([2, 3], grid.Shape.ToArray());
        Assert.Equal([3, 2], again.Shape.ToArray());
        Assert.Equal([1, 2, 3, 4, 5, 6], again.ToArray<float>());
    }

    [Fact]
    public void One_session_serves_several_threads()
    {
        using var session = Affine();

        float[] totals = [.. Enumerable.Range(1, 64).AsParallel().AsOrdered().Select(n => session.Run(Rows([n, 0, 10]))["total"].ToArray<float>()[0])];

        // (n, 0, 10) W + b = (n + 50 − 10, 2 n + 60 + 1): the sum is 3 n + 101.
        Assert.Equal(Enumerable.Range(1, 64).Select(n => (3f * n) + 101), totals);
    }

    [Fact]
    public void Session_can_be_disposed_of_twice_and_then_refuses_to_run()
    {
        var session = Affine();
        session.Dispose();
        session.Dispose();

        Assert.Throws<ObjectDisposedException>(() => session.Run(Rows(TwoRows)));
        Assert.Throws<ObjectDisposedException>(() => session.Measure(Rows(TwoRows), 0, 1));
    }

    private static InferenceSession Affine() => InferenceSession.Load(Fixture.Bytes("affine"));

    private static Dictionary<string, OnnxTensor> Rows(float[] rows) => new() { ["x"] = OnnxTensor.Create(rows, rows.Length / 3, 3) };

    private static Dictionary<string, OnnxTensor> Reshape(float[] x, params long[] shape) =>
        new() { ["x"] = OnnxTensor.Create(x, x.Length), ["shape"] = OnnxTensor.Create(shape, shape.Length) };
}
