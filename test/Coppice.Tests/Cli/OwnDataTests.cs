using System.IO.Compression;
using Coppice.Cli;
using Coppice.Data;
using Coppice.Onnx;
using Coppice.Runs;
using Coppice.Tests.Data;
using Coppice.Tests.Data.Arrays;

namespace Coppice.Tests.Cli;

/// <summary>Users' own pictures and arrays through the whole program.</summary>
[Collection("tensors")]
public sealed class OwnDataTests : IDisposable
{
    private const string Assumed = "warning: neither the network's file nor --normalize says how pixels become inputs; mean 0, std 1 of pixel / 255 is assumed.\n";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Arrays_train_a_network_whose_file_states_how_pixels_become_inputs()
    {
        string arrays = WriteArrays(images: 40);

        var assumed = await CommandLine.RunAsync([.. Train($"npz:{arrays}"), "-v", "m"]);
        var metadata = ModelMetadata.Read(OnnxReader.Read(_folder.File("out.onnx")));
        var chosen = await CommandLine.RunAsync([.. Train($"npz:{arrays}"), "-v", "m", "--normalize", "0.5/0.25"]);

        Assert.Equal((ExitCode.Success, Assumed), (assumed.Code, assumed.Error));
        Assert.Equal("npz", metadata.Data);
        Assert.Equal(Normalization.Plain(1), metadata.Normalization);
        Assert.Equal(6, metadata.SearchImages); // a fifth of the 32 that are left for training
        Assert.Equal(["0", "1", "2"], metadata.Classes!.Value.AsEnumerable());
        Assert.Equal((ExitCode.Success, ""), (chosen.Code, chosen.Error));
        Assert.Equal(new Normalization([0.5f], [0.25f]), ModelMetadata.Read(OnnxReader.Read(_folder.File("out.onnx"))).Normalization);
    }

    [Fact]
    public async Task Pictures_train_a_network_and_unreadable_ones_are_told()
    {
        for (int i = 0; i < 40; i++) WritePicture($"pictures/{(i % 2 == 0 ? "cat" : "dog")}/{i:00}.png", i);
        File.WriteAllText(_folder.File("pictures/cat/10.png"), "");

        var (code, _, error) = await CommandLine.RunAsync([.. Train($"folder:{_folder.File("pictures")}"), "-v", "m", "--resize", "30", "--crop", "28", "--normalize", "0.5/0.5"]);

        Assert.Equal(ExitCode.Success, code);
        Assert.Matches(@"^warning: 1 of the \d+ pictures in '.*pictures' could not be read, and the next of its class took the place of each, also where accuracy was measured: 'cat/10.png' \(it is empty\).\n$", error);
        Assert.Equal(["cat", "dog"], ModelMetadata.Read(OnnxReader.Read(_folder.File("out.onnx"))).Classes!.Value.AsEnumerable());
    }

    [Fact]
    public async Task Pictures_without_labels_verify_a_network_and_do_not_train_one()
    {
        for (int i = 0; i < 6; i++) WritePicture($"pictures/{i}.png", i);
        string data = $"folder:{_folder.File("pictures")}";
        await CommandLine.RunAsync("train", "lenet5", "--epochs", "0", "-o", _folder.File("net.onnx"), "-v", "q");
        await CommandLine.RunAsync("prune", _folder.File("net.onnx"), "--max-macs", "60%", "--plan", _folder.File("plan.json"), "-o", _folder.File("small.onnx"), "-v", "q");

        string[] verify = ["verify", _folder.File("net.onnx"), _folder.File("plan.json"), _folder.File("small.onnx"), "--data", data, "--samples", "4", "--threads", "1", "-v", "m"];
        var verified = await CommandLine.RunAsync([.. verify, "--crop", "28"]);
        var wrongSize = await CommandLine.RunAsync([.. verify, "--crop", "27", "--normalize", "0.5/0.5"]);
        var trained = await CommandLine.RunAsync("finetune", _folder.File("small.onnx"), "--data", data, "--crop", "28", "-o", _folder.File("out.onnx"));

        Assert.Equal((ExitCode.Success, Assumed), (verified.Code, verified.Error));
        Assert.Equal(
            new(ExitCode.Usage, "", $"error: Cannot use the network 'lenet5' on '{data}': its input is input: Float32 [N, 1, 28, 28], the images are Nx1x27x27; give --resize and --crop.\n"), wrongSize);
        Assert.Equal(
            new(ExitCode.Usage, "", $"error: Cannot train or judge a network on '{data}': its images have no labels; sort them into a folder per class, or use them where none are needed, as in 'coppice verify --data'.\n"), trained);
    }

    [Theory]
    [InlineData("--resize 30", "--resize and --crop have no effect on '{0}', whose images have one size.")]
    [InlineData("--crop 20", "--resize and --crop have no effect on '{0}', whose images have one size.")]
    [InlineData("--layout nchw", "--layout has no effect on '{0}', whose axes are known.")]
    public async Task Option_for_other_data_is_warned_of(string options, string warning)
    {
        string data = $"mnist:{_folder.Path}";

        var (code, _, error) = await CommandLine.RunAsync(["train", "lenet5", "--data", data, "-o", _folder.File("out.onnx"), .. options.Split(' ')]);

        Assert.Equal(ExitCode.Usage, code);
        Assert.StartsWith($"warning: {warning.Replace("{0}", data, StringComparison.Ordinal)}\nerror: Cannot load '{data}': ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--normalize 0.5", "Cannot read the normalisation '0.5': write MEAN/STD with a number per channel, as in 0.485,0.456,0.406/0.229,0.224,0.225.")]
    [InlineData("--normalize 0.5/0", "Cannot make a normalisation: every std is finite and above 0, but they are 0.")]
    [InlineData("--crop 0", "--crop cannot be '0': folder:DIR: side of the square that is then cut from the middle; 1 to 16384.")]
    [InlineData("--layout hwc", "--layout cannot be 'hwc'. Did you mean nhwc?")]
    public async Task Option_out_of_range_is_refused(string options, string message) => Assert.Equal(
        new(ExitCode.Usage, "", $"error: {message}\nRun 'coppice train --help' for what it takes.\n"),
        await CommandLine.RunAsync(["train", "lenet5", "--data", "folder:nowhere", "-o", "out.onnx", .. options.Split(' ')]));

    [Fact]
    public async Task Network_of_the_catalog_is_not_verified_on_images()
    {
        var (code, _, error) = await CommandLine.RunAsync("verify", "--model", "lenet5", "--data", "folder:nowhere");

        Assert.Equal((ExitCode.Usage, "error: Cannot verify networks of the catalog on images: their weights are random; leave out --data, or give files.\n"), (code, error));
    }

    private string[] Train(string data) =>
        ["train", "lenet5", "--data", data, "--epochs", "1", "--batch-size", "8", "--precision", "fp32", "--threads", "1", "-o", _folder.File("out.onnx")];

    private string WriteArrays(int images)
    {
        byte[] pixels = [.. Enumerable.Range(0, images * 28 * 28).Select(i => (byte)(i * 31 % 253))], labels = [.. Enumerable.Range(0, images).Select(i => (byte)(i % 3))];
        return _folder.Write("arrays.npz", NpyBuilder.Zip(
            CompressionLevel.Fastest, ("images", NpyBuilder.Bytes(FormattableString.Invariant($"{images}, 28, 28"), pixels)), ("labels", NpyBuilder.Bytes(FormattableString.Invariant($"{images},"), labels))));
    }

    private void WritePicture(string name, int seed) => _folder.Write(name, PngBuilder.Build(32, 30, [.. Enumerable.Range(0, 960).Select(i => (byte)((i * 7) + (seed * 13)))]));
}
