using System.Globalization;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Pruning.Racing;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Benchmarks;

/// <summary>How often races decide as all images would: searches on the shipped network as `search` runs them (adaptive batch-norm in one pass, repair, the machine's fastest arithmetic), every contest decided by all images as well.</summary>
internal static class RacingBenchmark
{
    private const double Goal = 0.95;

    /// <param name="network">The shipped network.</param>
    public static void Run(string network)
    {
        using var thread = new ModelThread();
        var fitness = new FitnessOptions { SearchSamples = 1000, RecalibrationBatches = 4 };
        using var workload = EvaluationWorkload.Trained(network, thread, fitness.SearchSamples, fitness.RecalibrationBatches);
        var problem = workload.Problem with
        {
            Scoring = workload.Problem.Scoring with { OnePassImages = OnePassRule.ImagesFor(fitness, workload.Problem.Network, inputShapes: null) },
            Precision = Trainer.FastestPrecision(Device.Cpu),
            Repairs = true,
            Race = new() { AuditEvery = 1 },
        };
        var methods = new PruningMethodOptions { Ccep = new() { Rounds = 2, Generations = 4, RoundEpochs = 0 }, Abc = new() { Cycles = 3 }, EagleEyeSamples = 64, RandomSamples = 64 };
        var total = RaceTally.None;
        foreach (string cut in (string[])["70%", "50%"])
        {
            foreach (string method in (string[])["ccep", "abc", "random", "eagleeye"])
            {
                var answer = PruningMethodTable.Find(method, methods).RunAsync(problem with { Target = MacTarget.Parse(cut) }, CancellationToken.None).GetAwaiter().GetResult()[^1];
                var race = answer.Race!;
                total += race;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{method} to {cut}: {race.Candidates} candidates on {race.ShareBeforeAudits:P1} of the images; {race.Agreed} of {race.Audited} contests as by all images"));
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"in all: {total.ShareBeforeAudits:P1} of the images; {total.Agreed} of {total.Audited} contests ({(double)total.Agreed / total.Audited:P1}, goal {Goal:P0})"));
    }
}
