using System.Collections.Immutable;
using Coppice.Criteria;

namespace Coppice.Pruning.Methods;

/// <summary>Settings of all methods; each takes its own.</summary>
public sealed record PruningMethodOptions
{
    /// <summary>Settings of CCEP.</summary>
    public CcepOptions Ccep { get; init; } = new();

    /// <summary>k of the best of k random plans.</summary>
    public int RandomSamples { get; init; } = 32;
}

/// <summary>The methods by name. A new one is a file beside this one and a line here; the tests over this table then try it.</summary>
public static class PruningMethodTable
{
    /// <summary>All methods.</summary>
    public static ImmutableArray<IPruningMethod> All(PruningMethodOptions options) =>
    [
        .. CriterionTable.All.Select(criterion => new UniformPruning(criterion)),
        new ZeroedPruning(),
        new RandomPruning(options.RandomSamples),
        new CcepPruning(options.Ccep),
    ];

    /// <summary>The method of that name.</summary>
    /// <exception cref="CoppiceException">There is none; the message lists them.</exception>
    public static IPruningMethod Find(string name, PruningMethodOptions options) => All(options).FirstOrDefault(method => method.Name == name)
        ?? throw new CoppiceException($"Unknown method '{name}'. {Spelling.Hint(name, All(options).Select(method => method.Name))}");
}
