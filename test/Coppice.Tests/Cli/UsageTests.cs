using System.CommandLine;
using Coppice.Cli;
using Coppice.Cli.Options;
using Coppice.Pruning.Encodings;
using Coppice.Pruning.Methods;

namespace Coppice.Tests.Cli;

public sealed class UsageTests
{
    [Theory]
    [InlineData("prun in.onnx", "error: there is no command 'prun'. Did you mean prune?\nRun 'coppice --help' for what it takes.\n")]
    [InlineData("prune in.onnx --max-mac 50% --max-macs 50% -o out.onnx", "error: 'prune' has no option '--max-mac'. Did you mean --max-macs?\nRun 'coppice prune --help' for what it takes.\n")]
    [InlineData("inspect --formt=json in.onnx", "error: 'inspect' has no option '--formt'. Did you mean --format?\nRun 'coppice inspect --help' for what it takes.\n")]
    [InlineData("inspect --form", "error: 'inspect' has no option '--form'. Did you mean --format?\nRun 'coppice inspect --help' for what it takes.\n")]
    [InlineData("inspect in.onnx --thread 2", "error: 'inspect' has no option '--thread'. Did you mean --threads?\nRun 'coppice inspect --help' for what it takes.\n")]
    [InlineData("inspect a.onnx b.onnx", "error: 'inspect' takes no further argument, but 'b.onnx' is given.\nRun 'coppice inspect --help' for what it takes.\n")]
    [InlineData("inspect in.onnx --format jsn", "error: --format cannot be 'jsn'. Did you mean json?\nRun 'coppice inspect --help' for what it takes.\n")]
    [InlineData("inspect in.onnx --threads -1", "error: --threads cannot be '-1': threads that an operation may use; 0 for one per core; 0 to 1024.\nRun 'coppice inspect --help' for what it takes.\n")]
    [InlineData("inspect in.onnx --device gpu", "error: Cannot read the device 'gpu': use 'cpu', 'cuda' or 'cuda:N' with N = 0, 1, 2, ….\nRun 'coppice inspect --help' for what it takes.\n")]
    [InlineData("prune in.onnx --max-macs 0% -o out.onnx", "error: Cannot read the MAC target '0%': write a percentage as in 50%, or a number for one image as in 20000000 or 20M.\nRun 'coppice prune --help' for what it takes.\n")]
    [InlineData("train lenet5 --data fashionmnist -o out.onnx", "error: Cannot load 'fashionmnist': there is no data set 'fashionmnist'. Did you mean 'fashion-mnist'? Known are fashion-mnist, mnist, cifar10, cifar100, svhn, folder, npz, written NAME:PATH.\nRun 'coppice train --help' for what it takes.\n")]
    [InlineData("train lenet5 --lr 0,1 -o out.onnx", "error: --lr cannot be '0,1': base learning rate; above 0.\nRun 'coppice train --help' for what it takes.\n")]
    [InlineData("train lenet5 --search-images 0 -o out.onnx", "error: --search-images cannot be '0': training images held back for comparing candidates, never trained on; at least 1.\nRun 'coppice train --help' for what it takes.\n")]
    public async Task Wrong_command_line_is_answered_with_the_word_and_what_may_have_been_meant(string line, string error) =>
        Assert.Equal(new CommandLineResult(ExitCode.Usage, "", error), await CommandLine.RunAsync(line.Split(' ')));

    [Fact]
    public async Task Missing_verb_is_answered_with_all_verbs()
    {
        var (code, output, error) = await CommandLine.RunAsync();

        string verbs = string.Join(", ", new CommandTable().Verbs.Select(verb => verb.Name));
        Assert.Equal((ExitCode.Usage, ""), (code, output));
        Assert.Equal($"error: no command is given; there are {verbs}.\nRun 'coppice --help' for what it takes.\n", error);
    }

    [Theory]
    [InlineData("prune in.onnx --channel-percent 100% -o out.onnx", "error: --channel-percent cannot be '100%': with --allocation global or global-l1, in place of --max-macs: percentage of all channels that the threshold takes; 0 up to but not 100.\nRun 'coppice prune --help' for what it takes.\n")]
    [InlineData("prune in.onnx --channel-percent 40%% -o out.onnx", "error: --channel-percent cannot be '40%%': with --allocation global or global-l1, in place of --max-macs: percentage of all channels that the threshold takes; 0 up to but not 100.\nRun 'coppice prune --help' for what it takes.\n")]
    [InlineData("train resnet2 --epochs 0 -o out.onnx", "error: Cannot build 'resnet2': no network has that name. Did you mean resnet20 or resnet32?\n")]
    [InlineData("train lenet5 -o out.onnx", "error: No data are given: add --data, as in --data fashion-mnist.\n")]
    [InlineData("prune in.onnx --method l3 --max-macs 50% -o out.onnx", "error: Unknown method 'l3'. Did you mean l1 or l2?\n")]
    [InlineData("prune in.onnx --max-macs 50% --channel-percent 40 -o out.onnx", "error: Cannot prune to --max-macs and --channel-percent at once: each decides how much goes; give one of them.\n")]
    [InlineData("prune in.onnx --channel-percent 40 -o out.onnx", "error: Cannot use --channel-percent with equal shares: it sets one threshold over all groups; add --allocation global, or give --max-macs.\n")]
    [InlineData("finetune in.onnx --distill kd+ad -o out.onnx", "error: Unknown distillation 'ad'. Did you mean kd or at?\nRun 'coppice finetune --help' for what it takes.\n")]
    [InlineData("finetune in.onnx --distill kd+kd -o out.onnx", "error: Cannot use the distillation 'kd+kd': it names one twice; name each once, as in kd+at.\nRun 'coppice finetune --help' for what it takes.\n")]
    [InlineData("train lenet5 --soft-prune 100% -o out.onnx", "error: Cannot read the share '100%': write a percentage above 0% and below 100%, as in 40%.\nRun 'coppice train --help' for what it takes.\n")]
    [InlineData("train lenet5 --slimming 0 -o out.onnx", "error: --slimming cannot be '0': network slimming: weight of the L1 penalty on the scale factors of batch normalisation, above 0.\nRun 'coppice train --help' for what it takes.\n")]
    [InlineData("train lenet5 --soft-prune 40% --criterion l3 -o out.onnx", "error: Unknown criterion 'l3'. Did you mean l1 or l2?\nRun 'coppice train --help' for what it takes.\n")]
    [InlineData("inspect missing.onnx", "error: Cannot read 'missing.onnx': there is no such file; check the path.\n")]
    [InlineData("verify a.onnx", "error: Cannot verify: give ORIGINAL.onnx PLAN.json [PRUNED.onnx], or --model NAME, not both.\n")]
    public async Task Wrong_name_or_file_is_one_line_and_code_2(string line, string error) =>
        Assert.Equal(new CommandLineResult(ExitCode.Usage, "", error), await CommandLine.RunAsync(line.Split(' ')));

    [Theory]
    [InlineData("--max-macs 50% --baselines l1 --random-samples 3", "--random-samples has no effect without random among the methods.")]
    [InlineData("--baselines l1", "--baselines has no effect without --max-macs: baselines are compared at equal MACs.")]
    [InlineData("--max-macs 50% --algorithm random --generations 3", "--generations has no effect without a method that has a population.")]
    [InlineData("--max-macs 50% --faithful --algorithm legr --adaptive-bn two-pass", "--adaptive-bn has no effect with --faithful.")]
    [InlineData("--max-macs 50% --faithful --algorithm legr --baselines l1", "--baselines has no effect with --faithful: they would be judged by another protocol.")]
    [InlineData("--max-macs 50% --faithful --algorithm legr --distill kd", "--distill has no effect with --faithful, which distils as the authors did.")]
    [InlineData("--max-macs 50% --max-kept 70%", "--max-kept has no effect but for abc over counts without --max-macs.")]
    [InlineData("--max-macs 50% --algorithm ga --size-weight 2", "--size-weight has no effect but for ga without --max-macs.")]
    [InlineData("--max-macs 50% --baselines none --passes 2", "--passes has no effect without a one-shot method among the methods.")]
    [InlineData("--max-macs 50% --baselines global-l1 --allocation global", "--allocation has no effect without a one-shot method other than global-l1 among the methods.")]
    [InlineData("--max-macs 50% --algorithm l1 --baselines none --round-epochs 2", "--round-epochs has no effect without ccep and --rounds above 1, or a one-shot method and --passes above 1.")]
    [InlineData("--max-macs 50% --rounds 1 --slimming 1e-4", "--slimming has no effect without ccep and --rounds above 1, or a one-shot method and --passes above 1.")]
    [InlineData("--max-macs 50% --algorithm bn-scale --passes 2 --round-epochs 0 --slimming 1e-4", "--slimming has no effect with --round-epochs 0.")]
    [InlineData("--max-macs 50% --algorithm bn-scale --passes 2 --epochs 0 --slimming 1e-4", "--slimming has no effect with --epochs 0.")]
    [InlineData("--algorithm random --max-macs 50% --genome counts", "--genome has no effect with random, which evolves nothing.")]
    [InlineData("--algorithm l1 --max-macs 50% --genome bits", "--genome has no effect with l1, which evolves nothing.")]
    [InlineData("--patience 3", "--patience has no effect without ga, abc, nsga2 or legr among the methods.")]
    [InlineData("--max-macs 50% --algorithm eagleeye --max-evaluations 9", "--max-evaluations has no effect without ga, abc, nsga2 or legr among the methods.")]
    [InlineData("--epochs 0 --lr 0.1", "--lr has no effect with --epochs 0.")]
    [InlineData("--distill none --temperature 2", "--temperature has no effect without distillation.")]
    [InlineData("--distill at --temperature 2", "--temperature has no effect without kd in --distill.")]
    [InlineData("--fsp-pool average", "--fsp-pool has no effect without fsp in --distill.")]
    [InlineData("--distill kd+fsp --fsp-first-rate 0.5", "--fsp-first-rate has no effect without --fsp-first-stage.")]
    [InlineData("--taps sections", "--taps has no effect without fsp or at in --distill.")]
    [InlineData("--epochs 0 --distill at", "--distill has no effect with --epochs 0.")]
    public async Task Option_given_in_vain_is_warned_of(string options, string warning) => Assert.Equal(
        new(ExitCode.Usage, "", $"warning: {warning}\nerror: Cannot read 'missing.onnx': there is no such file; check the path.\n"),
        await CommandLine.RunAsync([.. $"search missing.onnx --data mnist:nowhere -o run {options}".Split(' ')]));

    [Theory]
    [InlineData("--max-macs 50% --passes 2 --round-epochs 2 --slimming 1e-4 --allocation global")]
    [InlineData("--max-macs 50% --algorithm global-l1 --baselines none --passes 2 --round-epochs 2")]
    [InlineData("--algorithm ccep --rounds 1 --slimming 1e-4 --round-epochs 1")]
    [InlineData("--algorithm ga --genome ranks --patience 3 --max-evaluations 100 --max-minutes 0.5")]
    [InlineData("--max-macs 50% --baselines abc --patience 3")] // of a baseline, while the algorithm, ccep, has no use for it
    [InlineData("--genome bits")]
    [InlineData("--genome own --algorithm legr --max-macs 50%")]
    public async Task Option_that_has_an_effect_is_not_warned_of(string options) => Assert.Equal(
        new(ExitCode.Usage, "", "error: Cannot read 'missing.onnx': there is no such file; check the path.\n"),
        await CommandLine.RunAsync([.. $"search missing.onnx --data mnist:nowhere -o run {options}".Split(' ')]));

    [Theory]
    [InlineData("--method l1 --max-macs 50% --data mnist:nowhere --repair off", "--data has no effect with --method l1, which looks at no images, and --repair off.")]
    [InlineData("--method l1 --max-macs 50% --data mnist:nowhere --calibration-images 5 --seed 5", null)]
    [InlineData("--method l1 --max-macs 50% --calibration-images 5", "--calibration-images has no effect without a repair on --data.")]
    [InlineData("--method l1 --max-macs 50% --search-images 5", "--search-images has no effect with --method l1, which looks at no images.")]
    [InlineData("--method random-channels --max-macs 50% --split-seed 5", "--split-seed has no effect with --method random-channels, which looks at no images.")]
    [InlineData("--method fpgm --max-macs 50% --seed 5", "--seed has no effect with --method fpgm, which draws nothing by chance.")]
    [InlineData("--method zeroed --seed 5", "--seed has no effect with --method zeroed, which draws nothing by chance.")]
    [InlineData("--method zeroed --allocation global", "--allocation has no effect with --method zeroed, which removes what is zero.")]
    [InlineData("--method zeroed --channel-percent 40", "--channel-percent has no effect with --method zeroed, which removes what is zero.")]
    [InlineData("--method global-l1 --max-macs 50% --allocation uniform", "--allocation has no effect with --method global-l1, which always draws one threshold.")]
    [InlineData("--method random-channels --max-macs 50% --seed 5", null)]
    [InlineData("--method taylor --max-macs 50% --seed 5 --data mnist:nowhere --search-images 5 --split-seed 5", null)]
    [InlineData("--method global-l1 --channel-percent 40%", null)]
    [InlineData("--method bn-scale --allocation global --channel-percent 40", null)]
    public async Task Option_given_to_prune_in_vain_is_warned_of(string options, string? warning) => Assert.Equal(
        new(ExitCode.Usage, "", $"{(warning is null ? "" : $"warning: {warning}\n")}error: Cannot read 'missing.onnx': there is no such file; check the path.\n"),
        await CommandLine.RunAsync([.. $"prune missing.onnx -o out.onnx {options}".Split(' ')]));

    [Theory]
    [InlineData("--algorithm ga --genome counts --faithful", "Cannot search over counts as published: the authors of 'ga' evolve bits; leave out --genome or --faithful.\n")]
    [InlineData("--algorithm abc --genome bits", "Cannot search by 'abc' over bits: it evolves counts or ranks; change --genome, or leave it out.\n")]
    [InlineData("--genome counts", "Cannot search by 'ccep' over counts: it evolves bits; change --genome, or leave it out.\n")]
    [InlineData("--algorithm gaa --genome counts", "Unknown method 'gaa'. Did you mean ga?\n")]
    [InlineData("--genome bit", "--genome cannot be 'bit'. Did you mean bits?\nRun 'coppice search --help' for what it takes.\n")]
    [InlineData("--patience 0", "--patience cannot be '0': ga, abc, nsga2, legr: end after so many generations without improvement (nsga2: of the front's hypervolume, by a thousandth); at least 1.\nRun 'coppice search --help' for what it takes.\n")]
    [InlineData("--max-minutes 1000001", "--max-minutes cannot be '1000001': ga, abc, nsga2, legr: end each after the generation under way at that time; the same seed may then give another result; above 0, up to 1000000.\nRun 'coppice search --help' for what it takes.\n")]
    public async Task Search_that_cannot_be_is_refused_before_any_file_is_read(string options, string error) => Assert.Equal(
        new(ExitCode.Usage, "", $"error: {error}"),
        await CommandLine.RunAsync([.. $"search missing.onnx --data mnist:nowhere -o run {options}".Split(' ')]));

    [Theory]
    [InlineData("--distill at", "--distill has no effect without --teacher.")]
    [InlineData("--teacher t.onnx --distill none", "--teacher has no effect with --distill none.")]
    [InlineData("--plan plan.json --teacher t.onnx", "--plan has no effect without --teacher and fsp in --distill.")]
    [InlineData("--gradient-mask", "--gradient-mask has no effect without --soft-prune.")]
    [InlineData("--soft-prune 40% --epochs 0", "--soft-prune has no effect with --epochs 0.")]
    [InlineData("--slimming 1e-4 --epochs 0", "--slimming has no effect with --epochs 0.")]
    public void Option_given_in_vain_to_a_training_is_warned_of(string options, string warning)
    {
        var set = new TrainingOptionSet(new(), "teacher");
        var command = new Command("train");
        foreach (var symbol in set.All)
        {
            command.Add((Option)symbol);
        }

        Assert.Equal(warning, Assert.Single(set.Read(command.Parse(options)).Warnings));
    }

    [Theory]
    [InlineData("--algorithm legr --genome bits --patience 3 --max-evaluations 40 --max-minutes 0.5", GenomeKind.Bits, 3, 40L, 0.5)]
    [InlineData("--algorithm legr --genome own", null, null, null, null)]
    [InlineData("--algorithm legr", null, null, null, null)]
    public void Genome_and_limits_reach_the_settings_of_a_search(string options, GenomeKind? genome, int? patience, long? evaluations, double? minutes)
    {
        var set = new SearchOptionSet(new());
        var command = new Command("search");
        foreach (var symbol in set.All)
        {
            command.Add((Option)symbol);
        }

        var read = set.Read(command.Parse(options));

        Assert.Equal(genome, read.Methods.Legr.Genome);
        Assert.Equal(new SearchLimits { Patience = patience, MaxEvaluations = evaluations, MaxMinutes = minutes }, read.Limits);
    }

    [Fact]
    public async Task Prune_without_a_target_says_how_to_give_one()
    {
        var (code, _, error) = await CommandLine.RunAsync("prune", "in.onnx", "-o", "out.onnx");

        Assert.Equal((ExitCode.Usage, "error: Cannot prune by 'l1' without a target: give --max-macs, as in --max-macs 50%.\n"), (code, error));
    }

    [Fact]
    public async Task Method_that_needs_images_is_refused_by_prune_with_the_way_out()
    {
        var (code, _, error) = await CommandLine.RunAsync("prune", "in.onnx", "--method", "ccep", "--max-macs", "50%", "-o", "out.onnx");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("use 'coppice search --algorithm ccep --data …'", error, StringComparison.Ordinal);
    }
}
