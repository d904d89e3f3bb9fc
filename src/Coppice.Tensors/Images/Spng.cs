using System.Runtime.InteropServices;

namespace Coppice.Tensors.Images;

/// <summary>The functions of <c>spng.h</c> (0.7) that decode.</summary>
internal static unsafe partial class Spng
{
    /// <summary><c>SPNG_FMT_RGB8</c>.</summary>
    internal const int Rgb8 = 4;

    private const string Library = "libspng.so.0";

    [LibraryImport(Library)]
    internal static partial nint spng_ctx_new(int flags);

    [LibraryImport(Library)]
    internal static partial void spng_ctx_free(nint context);

    [LibraryImport(Library)]
    internal static partial int spng_set_png_buffer(SpngHandle context, byte* file, nuint bytes);

    [LibraryImport(Library)]
    internal static partial int spng_set_chunk_limits(SpngHandle context, nuint chunk, nuint all);

    [LibraryImport(Library)]
    internal static partial int spng_get_ihdr(SpngHandle context, SpngHeader* header);

    [LibraryImport(Library)]
    internal static partial int spng_decode_image(SpngHandle context, byte* pixels, nuint bytes, int format, int flags);

    [LibraryImport(Library)]
    internal static partial byte* spng_strerror(int error);
}

/// <summary><c>struct spng_ihdr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SpngHeader
{
    internal uint Width;
    internal uint Height;
    internal byte BitDepth;
    internal byte ColourType;
    internal byte CompressionMethod;
    internal byte FilterMethod;
    internal byte InterlaceMethod;
}

/// <summary>A decoder of libspng; good for one picture.</summary>
internal sealed class SpngHandle : SafeHandle
{
    internal SpngHandle()
        : base(nint.Zero, ownsHandle: true) => SetHandle(Spng.spng_ctx_new(flags: 0));

    public override bool IsInvalid => handle == nint.Zero;

    protected override bool ReleaseHandle()
    {
        Spng.spng_ctx_free(handle);
        return true;
    }
}
