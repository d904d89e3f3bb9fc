using System.Collections.Immutable;
using Coppice.Graph;

namespace Coppice.Models;

/// <summary>The networks that can be built by name.</summary>
public static class ModelCatalog
{
    private static readonly ImmutableArray<ModelRecipe> Recipes =
    [
        .. LeNet5.Models,
        .. AlexNet.Models,
        .. VggCifar.Models,
        .. Vgg.Models,
        .. ResNetCifar.Models,
        .. PreActivationResNet.Models,
        .. ResNet.Models,
        .. GoogLeNetCifar.Models,
        .. DenseNetCifar.Models,
        .. MobileNetV1.Models,
        .. MobileNetV2.Models,
        .. MobileNetV2Kuangliu.Models,
    ];

    /// <summary>All networks, family by family.</summary>
    public static ImmutableArray<ModelDescription> All { get; } = [.. Recipes.Select(recipe => recipe.Description)];

    /// <summary>The network of that name.</summary>
    /// <exception cref="CoppiceException">There is none; the message lists names that are close.</exception>
    public static ModelDescription Find(string name) => Recipe(name).Description;

    /// <summary>Builds a network.</summary>
    /// <param name="name">Name of a network in <see cref="All"/>.</param>
    /// <param name="options">What differs from the network as published.</param>
    /// <exception cref="CoppiceException">No network has that name, or the architecture cannot take images of that size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Classes, input channels or input size are below 1.</exception>
    public static Network Build(string name, ModelOptions? options = null)
    {
        options ??= new();
        var (model, scheme, append) = Recipe(name);
        int size = AtLeastOne(options.InputSize ?? (int)model.Input[1], nameof(options.InputSize));
        int channels = AtLeastOne(options.InputChannels ?? (int)model.Input[0], nameof(options.InputChannels));
        int classes = AtLeastOne(options.Classes ?? model.Classes, nameof(options.Classes));
        TensorShape image = new(channels, size, size);
        NetworkBuilder builder = new(name, image, scheme);
        try
        {
            append(builder, classes);
        }
        catch (UnsupportedModelException fault)
        {
            throw new CoppiceException($"Cannot build '{name}' for images of {image}; it was published for {model.Input}. {fault.Message}", fault);
        }

        return builder.Build(options.Initialization, options.Seed);
    }

    private static ModelRecipe Recipe(string name) => Recipes.FirstOrDefault(recipe => recipe.Description.Name == name) ?? throw Unknown(name);

    private static int AtLeastOne(int value, string option) => value >= 1
        ? value
        : throw new ArgumentOutOfRangeException(option, value, $"{option} must be at least 1, not {value}.");

    private static CoppiceException Unknown(string name) =>
        new($"Cannot build '{name}': no network has that name. {Spelling.Hint(name, All.Select(model => model.Name))}");
}
