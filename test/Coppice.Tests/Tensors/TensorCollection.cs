using System.Diagnostics.CodeAnalysis;

namespace Coppice.Tests.Tensors;

/// <summary>All tests that use tensors: they do not run in parallel, since they count the process's live tensors.</summary>
[CollectionDefinition("tensors", DisableParallelization = true)]
[SuppressMessage("Naming", "CA1711", Justification = "A collection in xunit's sense.")]
public sealed class TensorCollection;
