using Coppice.Cli;

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
    [InlineData("train lenet5 --data fashionmnist -o out.onnx", "error: Cannot load 'fashionmnist': there is no data set 'fashionmnist'. Did you mean 'fashion-mnist'? Known are fashion-mnist, mnist, cifar10, cifar100, written NAME:DIR.\nRun 'coppice train --help' for what it takes.\n")]
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
    [InlineData("train resnet2 --epochs 0 -o out.onnx", "error: Cannot build 'resnet2': no network has that name. Did you mean resnet20 or resnet32?\n")]
    [InlineData("train lenet5 -o out.onnx", "error: No data are given: add --data, as in --data fashion-mnist.\n")]
    [InlineData("prune in.onnx --method l3 --max-macs 50% -o out.onnx", "error: Unknown method 'l3'. Did you mean l1 or l2?\n")]
    [InlineData("prune in.onnx --max-macs 50% --channel-percent 40 -o out.onnx", "error: Cannot prune to --max-macs and --channel-percent at once: each decides how much goes; give one of them.\n")]
    [InlineData("prune in.onnx --channel-percent 40 -o out.onnx", "error: Cannot use --channel-percent with equal shares: it sets one threshold over all groups; add --allocation global, or give --max-macs.\n")]
    [InlineData("inspect missing.onnx", "error: Cannot read 'missing.onnx': there is no such file; check the path.\n")]
    [InlineData("verify a.onnx", "error: Cannot verify: give ORIGINAL.onnx PLAN.json [PRUNED.onnx], or --model NAME, not both.\n")]
    public async Task Wrong_name_or_file_is_one_line_and_code_2(string line, string error) =>
        Assert.Equal(new CommandLineResult(ExitCode.Usage, "", error), await CommandLine.RunAsync(line.Split(' ')));

    [Theory]
    [InlineData("--max-macs 50% --baselines l1 --random-samples 3", "--random-samples has no effect without random among the methods.")]
    [InlineData("--baselines l1", "--baselines has no effect without --max-macs: baselines are compared at equal MACs.")]
    [InlineData("--max-macs 50% --algorithm random --generations 3", "--generations has no effect without ccep among the methods.")]
    [InlineData("--epochs 0 --lr 0.1", "--lr has no effect with --epochs 0.")]
    [InlineData("--distill none --temperature 2", "--temperature has no effect without distillation.")]
    public async Task Option_given_in_vain_is_warned_of(string options, string warning) => Assert.Equal(
        new(ExitCode.Usage, "", $"warning: {warning}\nerror: Cannot read 'missing.onnx': there is no such file; check the path.\n"),
        await CommandLine.RunAsync([.. $"search missing.onnx --data mnist:nowhere -o run {options}".Split(' ')]));

    [Fact]
    public async Task Method_that_needs_images_is_refused_by_prune_with_the_way_out()
    {
        var (code, _, error) = await CommandLine.RunAsync("prune", "in.onnx", "--method", "ccep", "--max-macs", "50%", "-o", "out.onnx");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("use 'coppice search --algorithm ccep --data …'", error, StringComparison.Ordinal);
    }
}
