using System.Globalization;
using Coppice.Data;
using Coppice.Models;
using Coppice.Onnx;
using Coppice.Runs;

namespace Coppice.Tests.Runs;

public sealed class ModelMetadataTests
{
    [Fact]
    public void Metadata_survive_the_file_in_any_culture()
    {
        var metadata = new ModelMetadata
        {
            Data = "cifar10",
            Normalization = Normalization.Cifar10,
            Classes = ["cat, or dog", "\"ship\""],
            SplitSeed = ulong.MaxValue,
            SearchImages = 5000,
        };
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("ru-RU");
            var file = OnnxReader.Read(OnnxWriter.ToBytes(metadata.WriteTo(ModelCatalog.Build("lenet5"))));

            Assert.Equal("0.4914,0.4822,0.4465", file.Metadata["coppice.input.mean"]);
            Assert.Equal(metadata, ModelMetadata.Read(file));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void Nothing_is_read_where_nothing_is_stated() => Assert.Equal(new ModelMetadata(), ModelMetadata.Read(ModelCatalog.Build("lenet5")));

    [Fact]
    public void Entries_of_others_stay_and_ours_that_are_not_stated_go()
    {
        var network = ModelCatalog.Build("lenet5").WithMetadata([new("author", "somebody"), new("coppice.data", "mnist")]);

        var written = new ModelMetadata { SplitSeed = 3 }.WriteTo(network);

        Assert.Equal([("author", "somebody"), ("coppice.split.seed", "3")], written.Metadata.Select(entry => (entry.Key, entry.Value)).Order());
    }

    [Theory]
    [InlineData("coppice.split.seed", "-1", "Cannot use the network's metadata 'coppice.split.seed': it must hold numbers, but is '-1'; correct or remove the entry.")]
    [InlineData("coppice.input.std", "0", "Cannot use the network's metadata 'coppice.input.mean, coppice.input.std': it must be one finite mean and one positive deviation per channel, but is '0.5; 0'; correct or remove the entry.")]
    [InlineData("coppice.classes", "cat", "Cannot use the network's metadata 'coppice.classes': it must be a JSON array of texts, but is 'cat'; correct or remove the entry.")]
    public void Entry_of_another_form_is_a_fault_of_the_file(string key, string value, string message)
    {
        var network = ModelCatalog.Build("lenet5").WithMetadata([new("coppice.input.mean", "0.5"), new("coppice.input.std", "0.5"), new(key, value)]);

        Assert.Equal(message, Assert.Throws<CoppiceException>(() => ModelMetadata.Read(network)).Message);
    }
}
