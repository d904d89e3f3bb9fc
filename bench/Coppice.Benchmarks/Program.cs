using System.Globalization;
using Coppice.Benchmarks;
using Coppice.Graph;
using Coppice.Onnx;
using Coppice.Pruning.Methods;

switch (args)
{
    case ["engine", var peerScript]:
        EngineBenchmark.Run(peerScript, rounds: 8, steps: 5);
        return 0;
    case ["seeds", .. var folders] when folders.Length > 0:
        SeedSummary.Print(folders);
        return 0;
    case ["record", var file, var seed, var folder, var commit]:
        MethodComparison.Record(file, seed, folder, commit);
        return 0;
    case ["methods"]:
        Console.WriteLine(string.Join('\n', PruningMethodTable.All(new()).Where(method => method.TakesTarget).Select(method => method.Name)));
        return 0;
    case ["compare", var file]:
        MethodComparison.Print(file);
        return 0;
    case ["abc", .. var folders] when folders.Length > 0 && folders.Length % 2 == 0:
        ColonyComparison.Print(folders);
        return 0;
    case ["evaluation" or "forward"]:
        if (args[0] == "evaluation")
        {
            EvaluationBenchmark.Run(rounds: 3);
        }

        ThroughputBenchmark.Run(rounds: 5, steps: 3);
        SlicedBenchmark.Run();
        return 0;
    case ["statistics", var model]:
        StatisticsBenchmark.Run(model);
        return 0;
    case ["cost", var model, var file]:
        CostBenchmark.Run(model, file);
        return 0;
    case ["precision", var model, var seeds, var file]:
        PrecisionBenchmark.Run(model, int.Parse(seeds, CultureInfo.InvariantCulture), file);
        return 0;
    case ["memory"]:
        MemoryBenchmark.Run();
        return 0;
    case ["memory", var mebibytes, var way] when MemoryBenchmark.Ways.Contains(way):
        MemoryBenchmark.RunOne(int.Parse(mebibytes, CultureInfo.InvariantCulture), way);
        return 0;
    case ["peers", var peerScript, var models, .. var rest]:
        EvaluationBenchmark.RunBesidePeers(peerScript, models, rounds: 3, generations: rest is [var count, ..] ? int.Parse(count, CultureInfo.InvariantCulture) : 10, only: rest is [_, var only] ? only : null);
        return 0;
    case ["racing", var network]:
        RacingBenchmark.Run(network);
        return 0;
    case ["compilation"]:
        CompilationBenchmark.Run();
        return 0;
    case ["graph"]:
        GraphBenchmark.Run();
        return 0;
    case ["fold", var from, var to]:
        OnnxWriter.Write(BatchNormFolding.Apply(OnnxReader.Read(from)), to);
        return 0;
    case ["zoo", var file]:
        NetworkTable.Print(file);
        return 0;
    case ["zoo", var file, var description, var network, var commit]:
        NetworkTable.Record(file, description, network, commit);
        return 0;
    default:
        Console.Error.WriteLine("usage: bench/run engine | evaluation | forward | compilation | peers | racing | statistics | cost | memory | precision | seeds [A [B]] | compare [CUT [METHOD…]] | abc [A [B]] | zoo [NAME…] | vgg [METHOD…] | folded | graph | verify");
        return 2;
}
