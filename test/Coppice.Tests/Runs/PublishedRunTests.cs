using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Reporting;
using Coppice.Runs;
using Coppice.Tests.Training;

namespace Coppice.Tests.Runs;

/// <summary>Runs as published: what they look at, and what they say of it.</summary>
public sealed class PublishedRunTests : CompressionRunCase
{
    /// <summary>Both its looks at the test images beside the last one are on record; the winner brings its two epochs along.</summary>
    [Fact]
    public async Task Bee_colony_as_published_looks_at_test_images_and_says_so()
    {
        var splits = ToyTask.Splits();
        var stated = new ModelMetadata { SplitSeed = splits.Seed, SearchImages = splits.Search.Count };
        var options = Options with { Algorithm = "abc", Faithful = true, MaxMacs = null, Methods = PruningMethodOptions.Published, Fitness = Options.Fitness with { SearchSamples = 30 } };

        var report = await RunAsync(stated.WriteTo(ToyTask.Network()), options);

        Assert.Equal(
            ["comparison of candidates, as published", "choice of the best epoch, as published", "final accuracy of all networks of the run"],
            report.Data.TestOpenings.Select(opening => opening.Reason));
        Assert.Equal(3, report.Data.Leaks.Length);
        Assert.Equal(3, report.BestRow.TunedEpochs);
        Assert.Equal(report.BestRow.Evaluations * (30 + (2 * 150 * 3)), report.BestRow.ForwardImages);
        Assert.Null(ModelMetadata.Read(OnnxReader.Read(Folder.File("best.onnx"))).SplitSeed);
        string page = new HtmlReport().Render(report);
        Assert.All(report.Data.Leaks, leak => Assert.Contains($"<div class=\"leak\">As published, with its leakage: {leak}", page, StringComparison.Ordinal));
        Assert.DoesNotContain("never trained on", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clean_run_has_no_leaks_to_tell()
    {
        var report = await RunAsync(ToyTask.Network(), Options);

        Assert.Empty(report.Data.Leaks);
        Assert.DoesNotContain("As published", new HtmlReport().Render(report), StringComparison.Ordinal);
    }

    /// <summary>The published numbers of images, 10,000 and 12,800, are what there is at most: 30 test images here, 150 for training.</summary>
    [Theory]
    [InlineData("abc", 30)]
    [InlineData("ccep", 150)]
    public async Task Published_numbers_of_images_are_cut_to_what_there_is(string algorithm, int scored)
    {
        var methods = PruningMethodOptions.Published with { Ccep = new() { Rounds = 1, PopulationSize = 2, Generations = 1, WarmStart = false } };

        var report = await RunAsync(ToyTask.Network(), Options with { Algorithm = algorithm, Faithful = true, MaxMacs = null, Methods = methods, Fitness = FitnessOptions.Published with { RecalibrationBatchSize = 32 } });

        long perCandidate = algorithm == "abc" ? scored + (2 * 150 * 3) : scored;
        Assert.Equal(report.BestRow.Evaluations * perCandidate, report.BestRow.ForwardImages);
    }

    /// <summary>α = 100 % is in the paper's tables: nothing bounds the size then, and nobody asks for a target that published ABCPruner does not take.</summary>
    [Fact]
    public async Task Bee_colony_as_published_runs_unbounded()
    {
        var methods = PruningMethodOptions.Published with { Abc = PruningMethodOptions.Published.Abc with { MaxKeptRatio = 1, Cycles = 1 } };

        var report = await RunAsync(ToyTask.Network(), Options with { Algorithm = "abc", Faithful = true, MaxMacs = null, Methods = methods, Fitness = Options.Fitness with { SearchSamples = 30 } });

        Assert.Equal(["original", "abc"], report.Rows.Select(row => row.Name));
    }

    /// <summary>Of a training with test images for its judge the best epoch stays: with so high a rate it is not the last one.</summary>
    [Fact]
    public async Task Coevolution_as_published_goes_on_from_the_epoch_that_is_best_on_the_test_images()
    {
        var options = Options with
        {
            Algorithm = "ccep",
            Faithful = true,
            MaxMacs = null,
            Methods = PruningMethodOptions.Published with { Ccep = new() { Rounds = 2, PopulationSize = 2, Generations = 1, RoundEpochs = 2, WarmStart = false } },
        };

        var report = await RunAsync(ToyTask.Network(), options);

        Assert.Equal(["original", "ccep-1", "ccep-2"], report.Rows.Select(row => row.Name));
        Assert.Contains(report.Data.Leaks, leak => leak.StartsWith("Each fine-tuning kept its epoch of best test accuracy", StringComparison.Ordinal));
        Assert.Contains(report.Data.Leaks, leak => leak.StartsWith("Candidates were compared on images that the networks are trained on", StringComparison.Ordinal));
        Assert.True(report.Data.TestOpenings.Count(opening => opening.Reason == "choice of the best epoch, as published") >= 3);
    }

    /// <summary>Nothing is trained, so nothing can have leaked by training.</summary>
    [Fact]
    public async Task Only_what_happened_is_told()
    {
        var report = await RunAsync(ToyTask.Network(), Options with { Algorithm = "legr", MaxMacs = "50%", Faithful = true, Methods = PruningMethodOptions.Published.Sized(4, 2), FineTune = Options.FineTune with { Epochs = 0 } });

        Assert.Equal(["Candidates were compared on images that the networks are trained on, where all of them look alike and too good."], report.Data.Leaks.AsEnumerable());
        Assert.Single(report.Data.TestOpenings);
    }

    [Theory]
    [InlineData("nsga2", "50%", "Cannot run 'nsga2' as published: no protocol of its own is known for it; leave out --faithful, or choose one of l1, l1-greedy, fpgm, fpgm-mix, fpgm-mix-code, bn-scale, global-l1, eagleeye, ga, ga-layerwise, ccep, abc, legr.")]
    [InlineData("ccep", "50%", "Cannot give 'ccep' a MAC target as published: there each round cuts a little, and --rounds says how often; leave out --max-macs or --faithful.")]
    [InlineData("ga", "50%", "Cannot give 'ga' a MAC target as published: there --size-weight, λ in the paper, weighs size against accuracy; leave out --max-macs or --faithful.")]
    public async Task What_was_never_published_is_refused(string algorithm, string macs, string message)
    {
        var fault = await Assert.ThrowsAsync<CoppiceException>(() => RunAsync(ToyTask.Network(), Options with { Algorithm = algorithm, MaxMacs = macs, Faithful = true }));

        Assert.Equal(message, fault.Message);
        Assert.False(File.Exists(Folder.File("study.json")));
    }

    /// <summary>Every method that has a published form runs in it to the end, without baselines.</summary>
    [Theory]
    [InlineData("l1", "50%")]
    [InlineData("eagleeye", "50%")]
    [InlineData("legr", "50%")]
    [InlineData("ga-layerwise", "60%")]
    [InlineData("ga", null)]
    public async Task Method_runs_as_published(string algorithm, string? macs)
    {
        var methods = PruningMethodOptions.Published with { EagleEyeSamples = 4 };

        var report = await RunAsync(ToyTask.Network(), Options with { Algorithm = algorithm, MaxMacs = macs, Faithful = true, Methods = methods.Sized(4, 2) });

        Assert.Equal(["original", algorithm], report.Rows.Select(row => row.Name));
        Assert.NotEmpty(report.Data.Leaks);
        Assert.All(report.Checks, check => Assert.Equal(VerificationStatus.Passed, check.Status));
    }
}
