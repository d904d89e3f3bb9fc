using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

/// <summary>A test of prepared convolutions, which some builds lack: with a libtorch of one's own, or where libdnnl-dev is not installed; and old CPUs.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PreparedTheoryAttribute : TheoryAttribute
{
    public PreparedTheoryAttribute() => Skip = PreparedFactAttribute.Reason;
}

/// <inheritdoc cref="PreparedTheoryAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PreparedFactAttribute : FactAttribute
{
    public PreparedFactAttribute() => Skip = Reason;

    internal static string? Reason => PackedConvolution.Supports(DType.Float32) ? null : "this build of the native library has no oneDNN, or the CPU no AVX2";
}
