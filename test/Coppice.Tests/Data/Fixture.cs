using Coppice.Tests.Oracles;

namespace Coppice.Tests.Data;

/// <summary>
/// Small files of other programs in <c>Fixtures</c>: <c>baseline.jpg</c>, <c>progressive.jpg</c>, <c>cmyk.jpg</c> by PIL 9.4; <c>svhn-packed.mat</c>, <c>svhn-double.mat</c> by scipy 1.10.1, which is no package of the
/// set-up for its size (200 MB).
/// </summary>
internal static class Fixture
{
    public static string PathOf(string name) => Path.Combine(Checkout.Root, "test", "Coppice.Tests", "Data", "Fixtures", name);

    public static byte[] Read(string name) => File.ReadAllBytes(PathOf(name));
}
