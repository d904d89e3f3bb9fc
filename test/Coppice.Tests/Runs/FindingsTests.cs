using Coppice.Pruning;
using Coppice.Pruning.Encodings;
using Coppice.Pruning.Methods;
using Coppice.Tests.Training;

namespace Coppice.Tests.Runs;

/// <summary>What a report tells its reader beside the numbers.</summary>
public sealed class FindingsTests : CompressionRunCase
{
    [Fact]
    public async Task Groups_that_a_method_leaves_whole_are_among_the_findings()
    {
        var report = await RunAsync(ToyTask.Network(), Options with { Baselines = ["bn-scale"] });

        Assert.Contains("'bn-scale' leaves 1 of 2 channel groups whole: no batch normalisation follows Gemm 'hidden'.", report.Findings);
    }

    /// <summary>Statistics take 32 of the 60 images. A race takes two first looks: 28 images are left for one, and 60 are there for it without statistics.</summary>
    [Theory]
    [InlineData(14, "ccep", "50%", false)]
    [InlineData(15, "ccep", "50%", true)]
    [InlineData(15, "l1", "50%", true)] // of the baseline beside it
    [InlineData(15, "ga", null, false)] // which has no baseline beside it
    [InlineData(31, "ccep", "50%", false)]
    public async Task Races_that_statistics_leave_too_few_images_are_among_the_findings(int firstLook, string algorithm, string? maxMacs, bool isTold)
    {
        var methods = Options.Methods with { Ga = new() { PopulationSize = 4, Generations = 1 } };
        var options = Options with { Algorithm = algorithm, Baselines = ["random"], MaxMacs = maxMacs, Methods = methods, Race = new() { FirstLook = firstLook }, FineTune = Options.FineTune with { Epochs = 0 } };

        var report = await RunAsync(ToyTask.Network(), options with { Fitness = options.Fitness with { AdaptiveBatchNorm = AdaptiveBatchNorm.OnePass, RecalibrationBatches = 1 } });

        string[] told = [.. report.Findings.Where(finding => finding.StartsWith("Candidates did not race", StringComparison.Ordinal))];
        Assert.Equal(isTold ? ["Candidates did not race: where 32 of the images that score them go through each for its statistics, a race takes 62 images or more, and there were 60 (--search-samples); with --adaptive-bn two-pass it takes 30."] : [], told);
        Assert.Equal(algorithm == "ccep" && firstLook == 14, report.Rows[^1].Race is not null);
    }

    /// <summary>Each method says it for itself: the baseline stands still as soon as the algorithm does, and CCEP, were it there, would say nothing.</summary>
    [Fact]
    public async Task A_search_that_a_limit_ended_says_so_in_row_and_notes()
    {
        var methods = new PruningMethodOptions { Ga = new() { PopulationSize = 2 }, Legr = new() { PopulationSize = 2, BatchSize = 2 } }.WithGenome("ga", GenomeKind.Counts);

        var report = await RunAsync(ToyTask.Network(), Options with { Algorithm = "ga", Baselines = ["l1", "legr"], Methods = methods, Limits = new() { MaxEvaluations = 2 } });

        Assert.Equal([null, null, "reached 2 evaluations", "reached 2 evaluations"], report.Rows.Select(row => row.EarlyEnd));
        Assert.Contains("The search that found 'legr' ended before its last generation: reached 2 evaluations.", report.Findings);
        Assert.Contains("The search that found 'ga' ended before its last generation: reached 2 evaluations.", report.Findings);
        Assert.Contains("\"genome\": \"counts\"", File.ReadAllText(Folder.File("study.json")), StringComparison.Ordinal);
        Assert.Contains("\"maxEvaluations\": 2", File.ReadAllText(Folder.File("study.json")), StringComparison.Ordinal);
    }

    /// <summary>A clock on which every reading is a minute later.</summary>
    [Fact]
    public async Task A_search_that_the_clock_ended_says_that_its_seed_does_not_repeat_it()
    {
        var options = Options with { Algorithm = "ga", MaxMacs = null, Limits = new() { MaxMinutes = 1 } };

        var report = await RunAsync(ToyTask.Network(), options, new MinuteClock());

        Assert.Contains("The search that found 'ga' ended before its last generation: reached 00:01:00 of search time. With a limit of time the same seed may give another result.", report.Findings);
    }

    private sealed class MinuteClock : TimeProvider
    {
        private long _readings;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => 60 * _readings++;
    }
}
