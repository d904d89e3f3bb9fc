using Coppice.Graph.Execution;
using Coppice.Tensors;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Training;

namespace Coppice.Tests.Training;

/// <summary>A teacher that several students share.</summary>
public sealed class TeacherAnswersTests() : LeakCheck(scoped: false)
{
    private static readonly TrainingOptions Options = new() { Epochs = 2, BatchSize = 20, LearningRate = 0.02, Precision = Precision.Float32 };

    /// <summary>Three epochs of 60 images make nine batches, of which one student sees six and the others nine; each gets the bits that it gets alone.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Students_learn_what_they_learn_alone_and_the_teacher_is_asked_once(int jobs)
    {
        using var thread = new ModelThread(threads: 1, jobs: jobs);
        var teacher = ToyTask.Network(seed: 9);
        var data = new TrainingData(ToyTask.Training(), ToyTask.Normalization) { Teacher = teacher };
        var answers = new TeacherAnswers(students: 3);
        Coppice.Graph.Network Train(ulong student, TrainingData from) =>
            new Trainer(Options with { Epochs = student == 1 ? 2 : 3 }, from).Train(ToyTask.Network(student, filters: 4 + (int)student), progress: null, CancellationToken.None);
        var shared = new Coppice.Graph.Network[3];

        await thread.RunAsync(() => thread.ForEach((ulong[])[1, 2, 3], student => shared[student - 1] = Train(student, data with { TeacherAnswers = answers })));

        Assert.Equal(9, answers.Asked);

        // The last epoch's three batches of 20 images and 3 classes wait for the student that has ended.
        Assert.Equal(3 * 20 * 3 * sizeof(float), answers.Bytes);
        foreach (ulong student in (ulong[])[1, 2, 3])
        {
            NetworkAssert.Equal(await thread.RunAsync(() => Train(student, data)), shared[student - 1]);
        }
    }

    /// <summary>Room for one answer of two logits: the other batch is asked about by each; what all have had makes room again.</summary>
    [Fact]
    public void Answers_without_room_are_asked_for_again()
    {
        using var scope = new TensorScope();
        var answers = new TeacherAnswers(students: 2, mostBytes: 2 * sizeof(float));
        float[] Get(int iteration) => answers.Get(new(1, 0, iteration), () => Tensor.Full([1, 2], iteration)).ToArray<float>();

        Assert.Equal([7, 7], Get(7));
        Assert.Equal([8, 8], Get(8));
        Assert.Equal([8, 8], Get(8));
        Assert.Equal(3, answers.Asked);
        Assert.Equal([7, 7], Get(7));
        Assert.Equal(3, answers.Asked);
        Assert.Equal(0, answers.Bytes);
        Assert.Equal([9, 9], Get(9));
        Assert.Equal([9, 9], Get(9));
        Assert.Equal(4, answers.Asked);
        Assert.Equal(0, answers.Bytes);
    }

    /// <summary>Another seed is another order of images.</summary>
    [Fact]
    public void Answers_of_another_seed_are_others()
    {
        using var scope = new TensorScope();
        var answers = new TeacherAnswers(students: 2);

        Assert.Equal(1, answers.Get(new(1, 0, 0), () => Tensor.Full([1, 1], 1)).Item());
        Assert.Equal(2, answers.Get(new(2, 0, 0), () => Tensor.Full([1, 1], 2)).Item());
        Assert.Equal(3, answers.Get(new(1, 1, 0), () => Tensor.Full([1, 1], 3)).Item());
    }
}
