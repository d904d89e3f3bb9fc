using System.Runtime.InteropServices;

namespace Coppice.Tensors.Native;

/// <summary>Turns the status of a native call into an exception.</summary>
internal static unsafe class NativeError
{
    /// <summary>Throws when the status says that the call failed.</summary>
    /// <param name="status">What the native function returned.</param>
    /// <param name="operation">What was asked for, in the message.</param>
    /// <param name="arguments">The tensors involved, in the message.</param>
    internal static void ThrowIfFailed(int status, string operation, params ReadOnlySpan<Tensor?> arguments)
    {
        if (status == NativeMethods.Failed) throw Create(operation, Describe(arguments));
    }

    /// <summary>The exception for the last failure on this thread.</summary>
    internal static TorchException Create(string operation, string arguments) =>
        new(operation, $"{operation}({arguments}) failed: {LastText()}");

    private static string LastText()
    {
        string text = Marshal.PtrToStringUTF8((nint)NativeMethods.coppice_error()) ?? string.Empty;
        // libtorch ends some messages with the place in its own source and a stack trace.
        int noise = text.IndexOf("\nException raised from", StringComparison.Ordinal);
        return (noise < 0 ? text : text[..noise]).Trim();
    }

    private static string Describe(ReadOnlySpan<Tensor?> tensors)
    {
        var texts = new string[tensors.Length];
        for (int i = 0; i < texts.Length; i++) texts[i] = tensors[i]?.ToString() ?? "none";
        return string.Join(", ", texts);
    }
}
