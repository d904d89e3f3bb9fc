using System.Text.Json;
using Coppice.Data;

namespace Coppice.Tests.Data;

public sealed class NormalizationTests
{
    [Fact]
    public void Apply_subtracts_the_mean_and_divides_by_the_deviation_of_its_channel()
    {
        var normalization = new Normalization([0.5f, 0.25f], [0.5f, 2f]);

        Assert.Equal(-1f, normalization.Apply(0, 0));
        Assert.Equal(1f, normalization.Apply(0, 255));
        Assert.Equal(0.375f, normalization.Apply(1, 255));
    }

    [Fact]
    public void Table_holds_Apply_for_every_channel_and_pixel()
    {
        float[] table = Normalization.Cifar10.Table();

        Assert.Equal(768, table.Length);
        for (int channel = 0; channel < 3; channel++)
        {
            for (int pixel = 0; pixel < 256; pixel++)
            {
                float expected = ((pixel / 255f) - Normalization.Cifar10.Mean[channel]) / Normalization.Cifar10.Std[channel];
                Assert.Equal(expected, table[(channel * 256) + pixel]);
            }
        }
    }

    [Fact]
    public void Equality_is_by_numbers()
    {
        var twin = new Normalization([0.2860f], [0.3530f]);

        Assert.Equal(Normalization.FashionMnist, twin);
        Assert.Equal(Normalization.FashionMnist.GetHashCode(), twin.GetHashCode());
        Assert.NotEqual(Normalization.FashionMnist, new Normalization([0.2860f], [0.3531f]));
        Assert.NotEqual(Normalization.FashionMnist, new Normalization([0.2861f], [0.3530f]));
    }

    [Fact]
    public void Normalization_survives_JSON()
    {
        string json = JsonSerializer.Serialize(Normalization.Cifar100);

        Assert.Equal("""{"Mean":[0.5071,0.4865,0.4409],"Std":[0.2673,0.2564,0.2762]}""", json);
        Assert.Equal(Normalization.Cifar100, JsonSerializer.Deserialize<Normalization>(json));
    }

    [Fact]
    public void Constructor_refuses_numbers_that_cannot_normalise()
    {
        Assert.Equal(
            "Cannot make a normalisation: it needs one mean and one std per channel, but there are 2 means and 1 stds.",
            Assert.Throws<ArgumentException>(() => new Normalization([0f, 0f], [1f])).Message);
        Assert.Equal(
            "Cannot make a normalisation: every std is finite and above 0, but they are 1, 0. (Parameter 'std')",
            Assert.Throws<ArgumentException>(() => new Normalization([0f, 0f], [1f, 0f])).Message);
        Assert.Equal(
            "Cannot make a normalisation: every mean is finite, but they are NaN. (Parameter 'mean')",
            Assert.Throws<ArgumentException>(() => new Normalization([float.NaN], [1f])).Message);
    }

    [Fact]
    public void Parse_reads_means_and_deviations()
    {
        Assert.Equal(Normalization.ImageNet, Normalization.Parse("0.485,0.456,0.406/0.229,0.224,0.225"));
        Assert.Equal(new Normalization([-1f], [0.5f]), Normalization.Parse("-1/ 5e-1"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0.5")]
    [InlineData("0.5/")]
    [InlineData("0.5/x")]
    [InlineData("1/2/3")]
    public void Parse_refuses_other_texts(string text) =>
        Assert.StartsWith($"Cannot read the normalisation '{text}': write MEAN/STD", Assert.Throws<ArgumentException>(() => Normalization.Parse(text)).Message, StringComparison.Ordinal);
}
