namespace Coppice.Data;

/// <summary>First key of every random stream of this namespace, so that streams of one seed never meet.</summary>
internal static class RandomStream
{
    public const ulong Splitting = 0xDA7A_0001;
    public const ulong Sampling = 0xDA7A_0002;
    public const ulong Order = 0xDA7A_0003;
    public const ulong Augmentation = 0xDA7A_0004;
    public const ulong HeldOutTest = 0xDA7A_0005;
}
