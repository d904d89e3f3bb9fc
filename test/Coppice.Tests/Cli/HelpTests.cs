using Coppice.Cli;
using Coppice.Pruning.Methods;

namespace Coppice.Tests.Cli;

public sealed class HelpTests
{
    private const string Global =
        """
          --threads <N>                   Threads that an operation may use; 0 for one per core; 0 to 1024 [default: 0]
          --jobs <N>                      Networks scored or fine-tuned at a time, which share the threads; 0 for one per 
                                          thread; 0 to 1024 [default: 0]
          --device <cpu|cuda:N>           Where to train and evaluate: cpu, or cuda:N with a CUDA build of libtorch (untested) 
                                          [default: cpu]
          -v, --verbosity <q|m|n|d|diag>  How much to say on standard error: quiet, minimal, normal, detailed, diagnostic 
                                          [default: n]
          -?, -h, --help                  Show this page.
        """;

    [Fact]
    public async Task Help_of_inspect_is_golden() => Assert.Equal(
        $"""
        Description:
          Show what a network costs, which channels can go, and which cannot and why.

        Usage:
          coppice inspect <IN.onnx> [options]

        Arguments:
          <IN.onnx>  Network to read.

        Options:
          --input-shape <1x3x224x224>     Shape of the input where the file leaves more than the batch open; NAME=SHAPE, 
                                          repeated, where there are several inputs
          --freeze <GLOB…>                Nodes that stay as they are, whatever --scope says: channel groups that one of them 
                                          writes, reads or passes on stay whole; takes all names up to the next option, those 
                                          with * ? [..] in quotes, as in 'layer1*'
          --only <GLOB…>                  Of the channel groups that --scope allows, only those that one of these nodes writes 
                                          may lose channels; names as for --freeze, which wins
          --min-channels <N>              Channels that every group keeps; at least 1 [default: 1]
          --max-group-ratio <40%>         Percentage of its channels that a group may lose at most, all rounds and passes 
                                          together; 0 up to but not 100 [default: no bound]
          --channel-multiple <N>          Layers keep a multiple of N of a group's channels, or all of them; 8 and 16 suit 
                                          vector units and NPUs; 1 to 65536 [default: 1]
          --format <table|json>           How to print data on standard output [default: table]
        {Global}

        Examples:
          coppice inspect resnet20.onnx
          coppice inspect net.onnx --freeze 'layer1*' --channel-multiple 8    # what would be left to prune
          coppice inspect net.onnx --input-shape 1x3x224x224 --format json

        """,
        (await CommandLine.RunAsync("inspect", "--help")).Output);

    [Fact]
    public async Task Help_of_prune_is_golden() => Assert.Equal(
        """
        Description:
          Remove channels in one shot: by the weights alone, which needs no data and takes a second, or by gradients on images; 
          with --data, repair what is left without training.

        Usage:
          coppice prune <IN.onnx> [options]

        Arguments:
          <IN.onnx>  Network to read.

        Options:
          --method <NAME>                     How channels are chosen ('coppice methods' lists them) [default: l1]
          --allocation <uniform|global>       How many channels each group keeps: the same share, or what one threshold over 
                                              all groups leaves [default: uniform]
          --max-macs <50%|N>                  Most multiply-accumulates for one image: a share of the present ones (50%) or a 
                                              number (20000000, 20M, 1.8G)
          --channel-percent <40%>             With --allocation global or global-l1, in place of --max-macs: percentage of all 
                                              channels that the threshold takes; 0 up to but not 100 [default: none]
          --scope <inner|all|select>          Channel groups that may lose channels: those written by one layer; all, also 
                                              those that meet in additions; or select: inner ones, and what each batch 
                                              normalisation of a pre-activation or dense network reads [default: all]
          --freeze <GLOB…>                    Nodes that stay as they are, whatever --scope says: channel groups that one of 
                                              them writes, reads or passes on stay whole; takes all names up to the next 
                                              option, those with * ? [..] in quotes, as in 'layer1*'
          --only <GLOB…>                      Of the channel groups that --scope allows, only those that one of these nodes 
                                              writes may lose channels; names as for --freeze, which wins
          --min-channels <N>                  Channels that every group keeps; at least 1 [default: 1]
          --max-group-ratio <40%>             Percentage of its channels that a group may lose at most, all rounds and passes 
                                              together; 0 up to but not 100 [default: no bound]
          --channel-multiple <N>              Layers keep a multiple of N of a group's channels, or all of them; 8 and 16 suit 
                                              vector units and NPUs; 1 to 65536 [default: 1]
          --seed <N>                          Seed of everything drawn by chance [default: 1]
          --data <NAME[:PATH]>                Images: fashion-mnist (alone: Debian's package), mnist, cifar10, cifar100 or svhn 
                                              with their folder, as in cifar10:DIR; your own pictures, folder:DIR; your own 
                                              NumPy arrays, npz:FILE
          --resize <N>                        folder:DIR: length of the shorter side after resizing; 1 to 16384 [default: as it 
                                              is]
          --crop <N>                          folder:DIR: side of the square that is then cut from the middle; 1 to 16384 
                                              [default: uncut]
          --normalize <MEAN/STD>              Mean and deviation of pixel / 255, a number per channel, as in 
                                              0.485,0.456,0.406/0.229,0.224,0.225 [default: the file's, else the data's own]
          --layout <auto|nchw|nhwc|nhw>       npz:FILE: axes of its images; auto tells them from the shape [default: auto]
          --search-images <N>                 Training images held back for comparing candidates, never trained on; at least 1 
                                              [default: the file's, else 5000 or a fifth]
          --split-seed <N>                    Seed that chooses them [default: the file's, else 1]
          --repair <KIND>                     How the cut network is repaired, without training, on images of --data that need 
                                              no labels: off, least-squares (weights), bias, batch-norm (statistics; put in and 
                                              folded again where there are none), full (least-squares and batch-norm), or auto: 
                                              full where --data is given [default: auto]
          --calibration-images <N>            Training images for --repair, unlabelled; fewer where there are fewer; at least 1 
                                              [default: 1024]
          --input-shape <1x3x224x224>         Shape of the input where the file leaves more than the batch open; NAME=SHAPE, 
                                              repeated, where there are several inputs
          --plan <PLAN.json>                  Also write the plan: which channels stay, as JSON for 'coppice apply'
          -o, --output <OUT.onnx> (REQUIRED)  ONNX file to write; it appears under its name only when it is complete
          --external-data                     Write the weights into a second file, OUT.onnx.data, as is done anyway where the 
                                              input has such a file or 2 GiB would be exceeded
          --format <table|json>               How to print data on standard output [default: table]
          --threads <N>                       Threads that an operation may use; 0 for one per core; 0 to 1024 [default: 0]
          --jobs <N>                          Networks scored or fine-tuned at a time, which share the threads; 0 for one per 
                                              thread; 0 to 1024 [default: 0]
          --device <cpu|cuda:N>               Where to train and evaluate: cpu, or cuda:N with a CUDA build of libtorch 
                                              (untested) [default: cpu]
          -v, --verbosity <q|m|n|d|diag>      How much to say on standard error: quiet, minimal, normal, detailed, diagnostic 
                                              [default: n]
          -?, -h, --help                      Show this page.

        Examples:
          coppice prune resnet20.onnx --method l1 --max-macs 50% -o small.onnx
          coppice prune vgg.onnx --method bn-scale --allocation global --channel-percent 70 -o small.onnx
          coppice prune net.onnx --method taylor --data fashion-mnist --max-macs 50% -o small.onnx
          coppice prune net.onnx --max-macs 50% --data folder:pictures --resize 256 --crop 224 -o small.onnx    # repaired on pictures without labels
          coppice prune net.onnx --max-macs 60% --freeze 'conv1' 'layer4*' --channel-multiple 8 -o small.onnx
          coppice prune zeroed.onnx --method zeroed -o small.onnx    # after train --soft-prune
          coppice prune net.onnx --max-macs 20M --input-shape 1x3x224x224 --plan plan.json -o small.onnx

        """,
        (await CommandLine.RunAsync("prune", "--help")).Output);

    [Fact]
    public async Task Help_without_a_verb_lists_all_verbs_under_the_name_that_users_type()
    {
        var (code, output, error) = await CommandLine.RunAsync("--help");

        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.Contains("  coppice [command] [options]", output, StringComparison.Ordinal);
        Assert.All(new CommandTable().Verbs, verb => Assert.Contains($"\n  {verb.Name} ", output, StringComparison.Ordinal));
    }

    /// <summary>A method that is added to the table, or that learns to end early, is in the help by itself.</summary>
    [Fact]
    public async Task Help_of_search_names_the_methods_that_can_end_early()
    {
        string output = (await CommandLine.RunAsync("search", "--help")).Output;

        string names = string.Join(", ", PruningMethodTable.All(new()).Where(method => method.HeedsLimits).Select(method => method.Name));
        Assert.Equal(3, output.Split($"{names}: end ").Length - 1);
    }

    [Fact]
    public void Every_verb_has_an_example_that_parses() => Assert.All(new CommandTable().Verbs, verb =>
    {
        Assert.NotEmpty(verb.Examples);
        Assert.All(verb.Examples, example =>
        {
            string[] words = example.Split('#')[0].TrimEnd().Split(' ');
            Assert.Equal(["coppice", verb.Name], words[..2]);
            Assert.Empty(new CommandTable().Root.Parse(words[1..]).Errors);
        });
    });

    [Fact]
    public async Task Version_is_one_line_on_standard_output()
    {
        var (code, output, error) = await CommandLine.RunAsync("--version");

        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.Matches(@"^coppice \d+\.\d+\.\d+[^\n]*\n$", output);
    }
}
