using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;
using Coppice.Training.Distillations;

namespace Coppice.Training;

/// <summary>
/// The network to be trained and, where there is one, its teacher, compiled so that they hand out the feature maps that are compared. The teacher is evaluated with
/// stored batch-norm statistics on the student's own, augmented images.
/// </summary>
internal sealed class TrainedPrograms : IDisposable
{
    private readonly Network _network;
    private readonly TrainingOptions _options;
    private readonly FeatureTaps _taps;
    private readonly ImmutableArray<string> _studentMaps;
    private readonly ImmutableArray<string> _teacherMaps;
    private readonly string _teacherInput;
    private readonly NetworkProgram _student;
    private readonly NetworkProgram? _teacher;
    private readonly TeacherAnswers? _answers;

    public TrainedPrograms(Network network, TrainingOptions options, TrainingData data, Precision precision, FeatureTaps taps)
    {
        (_network, _options, _taps) = (network, options, taps);
        FeatureTap[] all = [.. taps.Maps, .. taps.Flows.SelectMany(flow => (FeatureTap[])[flow.First, flow.Second])];
        _studentMaps = [.. all.Select(tap => tap.Student).Distinct()];
        _teacherMaps = [.. all.Select(tap => tap.Teacher).Distinct()];
        _teacherInput = data.Teacher?.Inputs[0].Name ?? "";
        _answers = _teacherMaps.IsEmpty ? data.TeacherAnswers : null;
        _student = NetworkProgram.Compile(Tapped(network, _studentMaps), new() { Mode = ExecutionMode.Training, Precision = precision, Device = data.Device });
        try
        {
            _teacher = data.Teacher is { } teacher ? NetworkProgram.Compile(Tapped(teacher, _teacherMaps), new() { Precision = precision, Device = data.Device }) : null;
        }
        catch
        {
            _student.Dispose();
            throw;
        }
    }

    /// <summary>The student's learned parameters by name; gradients are theirs.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Learned => _student.Learned;

    /// <summary>The student's running statistics by name.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Statistics => _student.Statistics;

    /// <summary>Whether a teacher takes part.</summary>
    public bool HasTeacher => _teacher is not null;

    /// <summary>The student's loss on a batch, with its history.</summary>
    /// <param name="images">[N, C, H, W].</param>
    /// <param name="labels">[N], 64-bit integers.</param>
    /// <param name="batch">Which batch they are.</param>
    /// <param name="moment">Where the training stands.</param>
    /// <returns>A scalar.</returns>
    public Tensor Loss(Tensor images, Tensor labels, BatchKey batch, DistillationMoment moment)
    {
        // The student first: meanwhile a fellow student may be asking the teacher about the same batch.
        var student = Run(_student, _network.Inputs[0].Name, images, _studentMaps);
        var crossEntropy = student.Logits.CrossEntropy(labels, _options.LabelSmoothing);
        return Ask(images, batch, moment) is { } teacher ? _options.Distillation.Loss(crossEntropy, new(student, teacher, _taps, moment)) : crossEntropy;
    }

    /// <summary>The student with its present weights, without the outputs that were added to it.</summary>
    public Network Capture() => _network.WithParameters(_student.Capture().Parameters);

    public void Dispose()
    {
        _student.Dispose();
        _teacher?.Dispose();
    }

    /// <summary>What the teacher says of a batch, or null where it has no part in the loss at that moment.</summary>
    private NetworkAnswer? Ask(Tensor images, BatchKey batch, DistillationMoment moment)
    {
        if (_teacher is null || !_options.Distillation.NeedsTeacher(moment))
        {
            return null;
        }

        return _answers is { } shared
            ? new(shared.Get(batch, () => _teacher.Run(images)), ImmutableDictionary<string, Tensor>.Empty)
            : Run(_teacher, _teacherInput, images, _teacherMaps);
    }

    private static Network Tapped(Network network, ImmutableArray<string> maps) => maps.IsEmpty
        ? network
        : network.WithOutputs([.. network.Outputs, .. maps.Select(map => new NetworkValue(map, ElementType.Float32, default))], network.Nodes);

    private static NetworkAnswer Run(NetworkProgram program, string input, Tensor images, ImmutableArray<string> maps)
    {
        if (maps.IsEmpty)
        {
            return new(program.Run(images), ImmutableDictionary<string, Tensor>.Empty);
        }

        var outputs = program.Run(new Dictionary<string, Tensor> { [input] = images });
        return new(outputs[0], maps.Select((map, i) => KeyValuePair.Create(map, outputs[i + 1])).ToDictionary());
    }
}
