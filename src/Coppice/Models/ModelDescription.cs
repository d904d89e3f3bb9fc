using Coppice.Graph;

namespace Coppice.Models;

/// <summary>A network of the <see cref="ModelCatalog"/>.</summary>
/// <param name="Name">Its name, in kebab-case.</param>
/// <param name="Family">The architecture it belongs to.</param>
/// <param name="Input">Shape of the images it was published for, [C, H, W].</param>
/// <param name="Classes">Number of classes it was published for.</param>
/// <param name="Description">What tells it from its relatives, in one line.</param>
public sealed record ModelDescription(string Name, string Family, TensorShape Input, int Classes, string Description)
{
    /// <summary>A description for CIFAR-10: 3×32×32, 10 classes.</summary>
    internal static ModelDescription ForCifar(string name, string family, string description) => new(name, family, new(3, 32, 32), 10, description);

    /// <summary>A description for ImageNet: 3×224×224, 1000 classes.</summary>
    internal static ModelDescription ForImageNet(string name, string family, string description) => new(name, family, new(3, 224, 224), 1000, description);
}

/// <summary>How a network of the catalog is made.</summary>
/// <param name="Description">What users see.</param>
/// <param name="Scheme">Starting values of the parameters.</param>
/// <param name="Append">Appends all layers, given the number of classes.</param>
internal sealed record ModelRecipe(ModelDescription Description, InitializationScheme Scheme, Action<NetworkBuilder, int> Append);
