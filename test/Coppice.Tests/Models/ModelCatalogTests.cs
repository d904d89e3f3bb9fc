using System.Text.RegularExpressions;
using Coppice.Models;

namespace Coppice.Tests.Models;

public sealed partial class ModelCatalogTests
{
    [Theory]
    [InlineData("resnet65", "Did you mean resnet56?")]
    [InlineData("ResNet_56", "Did you mean resnet56?")]
    [InlineData("VGG16_bn", "Did you mean vgg16-bn?")]
    [InlineData("resnet57", "Did you mean resnet56 or resnet50?")]
    [InlineData("lenet", "Did you mean lenet5?")]
    public void Unknown_name_is_answered_with_the_closest_ones(string name, string hint)
    {
        var fault = Assert.Throws<CoppiceException>(() => ModelCatalog.Build(name));

        Assert.Equal($"Cannot build '{name}': no network has that name. {hint}", fault.Message);
    }

    [Fact]
    public void Unknown_name_that_is_close_to_nothing_is_answered_with_all_names()
    {
        var fault = Assert.Throws<CoppiceException>(() => ModelCatalog.Find("transformer"));

        Assert.Equal(
            $"Cannot build 'transformer': no network has that name. Known are {string.Join(", ", ModelCatalog.All.Select(model => model.Name))}.", fault.Message);
    }

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("resnet65", "resnet56", 1)]
    [InlineData("ca", "abc", 3)] // an exchange is not edited again
    public void Edit_distance_counts_insertions_deletions_substitutions_and_exchanges(string from, string to, int expected) =>
        Assert.Equal(expected, Spelling.EditDistance(from, to));

    [Fact]
    public void Names_are_unique_kebab_case_and_described_in_one_line()
    {
        Assert.Equal(ModelCatalog.All.Length, ModelCatalog.All.Select(model => model.Name).Distinct().Count());
        Assert.All(ModelCatalog.All, model => Assert.Matches(KebabCase(), model.Name));
        Assert.All(ModelCatalog.All, model => Assert.Matches(OneLine(), model.Description));
    }

    [Theory]
    [InlineData("vgg16", 28)]
    [InlineData("alexnet", 28)]
    [InlineData("lenet5", 8)]
    public void Image_too_small_for_the_architecture_is_one_line_that_names_the_published_size(string name, int size)
    {
        var fault = Assert.Throws<CoppiceException>(() => ModelCatalog.Build(name, new() { InputSize = size }));

        var model = ModelCatalog.Find(name);
        Assert.StartsWith($"Cannot build '{name}' for images of {model.Input[0]}x{size}x{size}; it was published for {model.Input}. ", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void Options_below_one_are_rejected_by_name()
    {
        Assert.Equal("Classes", Assert.Throws<ArgumentOutOfRangeException>(() => ModelCatalog.Build("resnet20", new() { Classes = 0 })).ParamName);
        Assert.Equal("InputChannels", Assert.Throws<ArgumentOutOfRangeException>(() => ModelCatalog.Build("resnet20", new() { InputChannels = 0 })).ParamName);
        Assert.Equal("InputSize", Assert.Throws<ArgumentOutOfRangeException>(() => ModelCatalog.Build("resnet20", new() { InputSize = -1 })).ParamName);
    }

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex KebabCase();

    [GeneratedRegex("^[^\n]{20,120}$")]
    private static partial Regex OneLine();
}
