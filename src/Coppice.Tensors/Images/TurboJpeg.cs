using System.Runtime.InteropServices;

namespace Coppice.Tensors.Images;

/// <summary>The functions of <c>turbojpeg.h</c> (2.x) that decode.</summary>
internal static unsafe partial class TurboJpeg
{
    /// <summary><c>TJPF_RGB</c>.</summary>
    internal const int Rgb = 0;

    /// <summary><c>TJPF_CMYK</c>.</summary>
    internal const int Cmyk = 11;

    /// <summary><c>TJCS_CMYK</c> and <c>TJCS_YCCK</c>.</summary>
    internal const int CmykColours = 3, YcckColours = 4;

    /// <summary><c>TJFLAG_LIMITSCANS</c>: refuses progressive files whose thousands of scans would take minutes.</summary>
    internal const int LimitScans = 32768;

    /// <summary><c>TJERR_WARNING</c>: the picture was decoded, though its file is damaged.</summary>
    internal const int Warning = 0;

    private const string Library = "libturbojpeg.so.0";

    [LibraryImport(Library)]
    internal static partial nint tjInitDecompress();

    [LibraryImport(Library)]
    internal static partial int tjDestroy(nint handle);

    [LibraryImport(Library)]
    internal static partial int tjDecompressHeader3(TurboJpegHandle handle, byte* file, CULong bytes, int* width, int* height, int* subsampling, int* colours);

    [LibraryImport(Library)]
    internal static partial int tjDecompress2(TurboJpegHandle handle, byte* file, CULong bytes, byte* pixels, int width, int pitch, int height, int pixelFormat, int flags);

    [LibraryImport(Library)]
    internal static partial int tjGetErrorCode(TurboJpegHandle handle);

    [LibraryImport(Library)]
    internal static partial byte* tjGetErrorStr2(TurboJpegHandle handle);
}

/// <summary>A decoder of TurboJPEG; holds the state of one picture.</summary>
internal sealed class TurboJpegHandle : SafeHandle
{
    internal TurboJpegHandle()
        : base(nint.Zero, ownsHandle: true) => SetHandle(TurboJpeg.tjInitDecompress());

    public override bool IsInvalid => handle == nint.Zero;

    protected override bool ReleaseHandle() => TurboJpeg.tjDestroy(handle) == 0;
}
