namespace Coppice.EndToEnd.Tests;

/// <summary>Where things lie in the checkout that the tests were built from.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot();

    public static string Program { get; } = Path.Combine(Root, "coppice");

    public static string Model { get; } = Path.Combine(Root, "models", "fashion-mnist-resnet20.onnx");

    public static string NodeModules { get; } = Path.Combine(Root, "artifacts", "npm", "node_modules");

    public static string FashionMnist => "/usr/share/datasets/fashion-mnist";

    public static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Scripts", name);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Coppice.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Coppice.slnx above {AppContext.BaseDirectory}.");
    }
}
