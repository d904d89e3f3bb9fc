using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Tests.OnnxRuntime;

public class InferenceSessionErrorTests
{
    [Fact]
    public void Garbage_bytes_are_no_model()
    {
        var error = Assert.Throws<OnnxRuntimeException>(() => InferenceSession.Load("This is no ONNX model."u8));

        Assert.Equal(OnnxRuntimeError.InvalidProtobuf, error.Error);
        Assert.StartsWith("Cannot load an ONNX model of 22 bytes: ONNX Runtime reports InvalidProtobuf: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_truncated_model_is_refused()
    {
        byte[] model = Fixture.Bytes("affine")[..200];

        var error = Assert.Throws<OnnxRuntimeException>(() => InferenceSession.Load(model));

        Assert.Equal(OnnxRuntimeError.InvalidProtobuf, error.Error);
    }

    [Fact]
    public void No_bytes_are_refused_without_asking_the_runtime() =>
        Assert.StartsWith("Cannot load an ONNX model: there are no bytes.", Assert.Throws<ArgumentException>(() => InferenceSession.Load([])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_named()
    {
        var error = Assert.Throws<FileNotFoundException>(() => InferenceSession.Load("/nowhere/model.onnx"));

        Assert.Equal("Cannot load the ONNX model '/nowhere/model.onnx': there is no such file.", error.Message);
    }

    [Fact]
    public void A_file_that_is_no_model_is_named()
    {
        string script = Path.ChangeExtension(Fixture.PathOf("make"), ".py");

        var error = Assert.Throws<OnnxRuntimeException>(() => InferenceSession.Load(script));

        Assert.Equal(OnnxRuntimeError.InvalidProtobuf, error.Error);
        Assert.StartsWith($"Cannot load the ONNX model '{script}': ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_operator_is_named()
    {
        var error = Assert.Throws<OnnxRuntimeException>(() => InferenceSession.Load(Fixture.Bytes("unknown-operator")));

        Assert.Contains("Frobnicate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_fails_inside_the_runtime_quotes_it_and_leaves_the_session_usable()
    {
        using var session = InferenceSession.Load(Fixture.Bytes("reshape"));
        var x = OnnxTensor.Create([1f, 2, 3, 4, 5, 6], 6);

        var error = Assert.Throws<OnnxRuntimeException>(() => session.Run(Inputs(("x", x), ("shape", OnnxTensor.Create([4L, 4], 2)))));
        var outputs = session.Run(Inputs(("x", x), ("shape", OnnxTensor.Create([6L, 1], 2))));

        Assert.StartsWith("Cannot run the network: ONNX Runtime reports ", error.Message, StringComparison.Ordinal);
        Assert.Contains("Reshape", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal([6, 1], outputs["y"].Shape.ToArray());
    }

    [Fact]
    public void An_input_of_an_unknown_name_is_answered_with_the_names_that_exist() =>
        RunFails("Cannot run the network: it has no input 'X'; its inputs are 'x'.", ("X", OnnxTensor.Create(new float[3], 1, 3)));

    [Fact]
    public void A_missing_input_is_named_with_its_type() => RunFails("Cannot run the network: the input 'x' is missing; give a tensor Float32[N,3].");

    [Fact]
    public void A_wrong_size_is_shown_beside_the_right_one() =>
        RunFails("Cannot run the network: the input 'x' must be Float32[N,3], but Float32[3,1] was given.", ("x", OnnxTensor.Create(new float[3], 3, 1)));

    [Fact]
    public void A_wrong_rank_is_shown_beside_the_right_one() =>
        RunFails("Cannot run the network: the input 'x' must be Float32[N,3], but Float32[3] was given.", ("x", OnnxTensor.Create(new float[3], 3)));

    [Fact]
    public void A_wrong_element_type_is_shown_beside_the_right_one() =>
        RunFails("Cannot run the network: the input 'x' must be Float32[N,3], but Float64[1,3] was given.", ("x", OnnxTensor.Create(new double[3], 1, 3)));

    [Theory]
    [InlineData("Cannot run the network: it has no output 'y'; its outputs are 'scores', 'positive', 'total'.", "scores", "y")]
    [InlineData("Cannot run the network: the output 'total' is asked for twice; name it once.", "total", "total")]
    [InlineData("Cannot run the network: no output is asked for; name at least one.")]
    public void Wanted_outputs_are_checked(string message, params string[] wanted)
    {
        using var session = InferenceSession.Load(Fixture.Bytes("affine"));

        var error = Assert.Throws<ArgumentException>(() => session.Run(Inputs(("x", OnnxTensor.Create(new float[3], 1, 3))), wanted));

        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void An_output_that_is_no_tensor_is_named()
    {
        using var session = InferenceSession.Load(Fixture.Bytes("sequence"));

        var error = Assert.Throws<NotSupportedException>(() => session.Run(Inputs(("x", OnnxTensor.Create([1f], 1)))));

        Assert.Equal("Cannot read the output 'list': it is no tensor; ask for other outputs.", error.Message);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        byte[] model = Fixture.Bytes("affine");

        var threads = Assert.Throws<ArgumentException>(() => InferenceSession.Load(model, new() { Threads = 0 }));
        var level = Assert.Throws<ArgumentException>(() => InferenceSession.Load(model, new() { GraphOptimization = (GraphOptimization)7 }));

        Assert.Equal("Cannot set up a session: Threads is 0; give at least 1.", threads.Message);
        Assert.Equal("Cannot set up a session: GraphOptimization has no level 7.", level.Message);
    }

    private static void RunFails(string message, params (string Name, OnnxTensor Tensor)[] inputs)
    {
        using var session = InferenceSession.Load(Fixture.Bytes("affine"));

        Assert.Equal(message, Assert.Throws<ArgumentException>(() => session.Run(Inputs(inputs))).Message);
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => session.Measure(Inputs(inputs), 0, 1)).Message);
    }

    private static Dictionary<string, OnnxTensor> Inputs(params (string Name, OnnxTensor Tensor)[] inputs) => inputs.ToDictionary(input => input.Name, input => input.Tensor);
}
