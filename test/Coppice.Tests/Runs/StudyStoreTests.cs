using System.Collections.Immutable;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Runs;
using Coppice.Search;
using Coppice.Tests.Data;
using Coppice.Tests.PruningMethods;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;
using Microsoft.Data.Sqlite;

namespace Coppice.Tests.Runs;

public sealed class StudyStoreTests() : LeakCheck(scoped: false), IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private long _recalled;

    private string File => _folder.File(StudyStore.FileName);

    void IDisposable.Dispose()
    {
        _folder.Dispose();
        Dispose();
    }

    /// <summary>A second search asks for nothing that the first has paid for: no image is looked at, and every bit is the same.</summary>
    [Fact]
    public async Task Second_search_measures_nothing()
    {
        using var small = new SmallProblem();
        var first = await EvaluateAsync(small, small.Problem);
        long passed = small.Problem.Images!.Scored.Passed;

        using var store = StudyStore.Open(File);
        var problem = small.Problem with { Memo = store };
        var space = problem.SpaceOf(problem.Network);
        var fitness = new PruningFitness(space, problem);
        var second = await fitness.EvaluateAsync(Genomes(space), CancellationToken.None);

        Assert.Equal(first.AsEnumerable(), second);
        Assert.Equal(passed, small.Problem.Images.Scored.Passed);
        Assert.Equal(3, store.Recalled);
        Assert.Equal(3, fitness.Evaluated);
    }

    public static TheoryData<string> Changes => ["weights", "images", "arithmetic", "protocol", "one pass", "repair"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Score_of_another_network_or_in_another_way_is_another_one(string change)
    {
        using var small = new SmallProblem();
        await EvaluateAsync(small, small.Problem);
        using var others = new SmallProblem(samples: 59);
        var problem = small.Problem;

        await EvaluateAsync(small, change switch
        {
            "weights" => problem with { Network = ToyTask.Network(seed: 2) },
            "images" => problem with { Images = others.Problem.Images },
            "arithmetic" => problem with { Precision = Coppice.Graph.Execution.Precision.BFloat16 },
            "one pass" => problem with { Scoring = new() { OnePassImages = 32 } },
            "protocol" => problem with { Scoring = new() { Preparation = Preparation.None } },
            _ => problem with { Repairs = true },
        });

        Assert.Equal(0, _recalled);
    }

    /// <summary>What is stored are the sums, so accuracies and losses can be had from them.</summary>
    [Fact]
    public async Task Scores_are_there_for_others_to_read()
    {
        using var small = new SmallProblem();
        var scores = await EvaluateAsync(small, small.Problem);

        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT images, correct, loss_sum FROM evaluation ORDER BY loss_sum";
        using var reader = command.ExecuteReader();
        var rows = new List<(long, long, double)>();
        while (reader.Read())
        {
            rows.Add((reader.GetInt64(0), reader.GetInt64(1), reader.GetDouble(2)));
        }

        var expected = scores.Cast<CandidateEvaluation>().Select(score => ((long)score.Metrics.Images, (long)score.Metrics.Correct, score.Metrics.LossSum)).OrderBy(row => row.LossSum);
        Assert.Equal(expected, rows);
    }

    [Fact]
    public void File_that_is_no_database_is_named()
    {
        string content = new('.', 200);
        System.IO.File.WriteAllText(File, content);

        var fault = Assert.Throws<CoppiceException>(() => StudyStore.Open(File));

        Assert.Equal($"Cannot use '{File}': SQLite Error 26: 'file is not a database'. Delete it, end the run that holds it, or choose another folder with -o.", fault.Message);
        Assert.Equal(content, System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void File_of_another_version_is_refused()
    {
        StudyStore.Open(File).Dispose();
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 7";
            command.ExecuteNonQuery();
        }

        var fault = Assert.Throws<CoppiceException>(() => StudyStore.Open(File));

        Assert.Equal($"Cannot use '{File}': it is of version 7, this program reads version 1; delete it, or choose another folder with -o.", fault.Message);
    }

    /// <summary>A disk that is full or a file that someone else holds for long: here a table that is gone. The scores are those that they would have been.</summary>
    [Fact]
    public async Task Fault_of_the_file_changes_no_score()
    {
        using var small = new SmallProblem();
        var space = small.Problem.SpaceOf(small.Problem.Network);
        var expected = await new PruningFitness(space, small.Problem).EvaluateAsync(Genomes(space), CancellationToken.None);
        using var store = StudyStore.Open(File);
        var fitness = new PruningFitness(space, small.Problem with { Memo = store });
        await fitness.EvaluateAsync([Genomes(space)[0]], CancellationToken.None);
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DROP TABLE evaluation";
            command.ExecuteNonQuery();
        }

        var scores = await fitness.EvaluateAsync(Genomes(space), CancellationToken.None);

        Assert.Equal(expected.AsEnumerable(), scores);
        Assert.Equal("SQLite Error 1: 'no such table: evaluation'.", store.Fault);
    }

    /// <summary>A search that is stopped keeps what it knows from before, too.</summary>
    [Fact]
    public async Task Scores_that_are_known_are_told_before_others_are_measured()
    {
        using var small = new SmallProblem();
        var space = small.Problem.SpaceOf(small.Problem.Network);
        var genomes = Genomes(space);
        var told = new List<BitGenome>();
        using var store = StudyStore.Open(File);
        await new PruningFitness(space, small.Problem with { Memo = store }).EvaluateAsync(genomes[..2], CancellationToken.None);
        var fitness = new PruningFitness(space, small.Problem with { Memo = store }) { Measured = (genome, _) => told.Add(genome) };
        await fitness.EvaluateAsync(genomes[..1], CancellationToken.None);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fitness.EvaluateAsync(genomes[1..], new(canceled: true)).AsTask());

        Assert.Equal(genomes[..2].AsEnumerable(), told);
    }

    [Fact]
    public async Task Too_little_memory_for_one_candidate_is_said_before_any_work()
    {
        using var small = new SmallProblem();

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => EvaluateAsync(small, small.Problem with { MemoryBytes = 1 << 10 }));

        Assert.StartsWith("Cannot score candidates of 'toy' within 0 MiB, which is what there is for them: one takes up to ", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, small.Problem.Images!.Scored.Passed);
    }

    /// <summary>One pass takes a larger batch than two, all 60 images instead of 32, and is refused with a way out where two have room.</summary>
    [Fact]
    public async Task Too_little_memory_for_one_pass_names_two_passes_as_a_way_out()
    {
        using var small = new SmallProblem();
        long batch = ProgramMemory.ActivationBytes(small.Problem.Network, 60, Precision.Float32)!.Value;
        var problem = small.Problem with { Scoring = new() { OnePassImages = 60 }, MemoryBytes = batch };

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => EvaluateAsync(small, problem));

        Assert.Contains("with 60 images at a time", fault.Message, StringComparison.Ordinal);
        Assert.Contains("--adaptive-bn two-pass", fault.Message, StringComparison.Ordinal);
    }

    private async Task<ImmutableArray<Evaluation>> EvaluateAsync(SmallProblem small, PruningProblem problem)
    {
        using var store = StudyStore.Open(File);
        var space = problem.SpaceOf(problem.Network);
        var scores = await new PruningFitness(space, problem with { Memo = store, Thread = small.Problem.Thread }).EvaluateAsync(Genomes(space), CancellationToken.None);
        _recalled = store.Recalled;
        return scores;
    }

    private static ImmutableArray<BitGenome> Genomes(PruningSpace space)
    {
        var full = BitGenome.AllOnes(space.Sizes.AsSpan());
        return [full, full.Replace(0, full[0].With(0, false)), full.Replace(0, full[0].With(1, false))];
    }
}
