using System.Collections.Immutable;

namespace Coppice.Criteria;

/// <summary>The criteria by name. A new one is a file beside this one and a line here; the tests over this table then try it.</summary>
public static class CriterionTable
{
    /// <summary>All criteria.</summary>
    public static ImmutableArray<IFilterCriterion> All { get; } = [new L1Norm()];

    /// <summary>The criterion of that name.</summary>
    /// <exception cref="CoppiceException">There is none; the message lists them.</exception>
    public static IFilterCriterion Find(string name) => All.FirstOrDefault(criterion => criterion.Name == name)
        ?? throw new CoppiceException($"Unknown criterion '{name}'. {Spelling.Hint(name, All.Select(criterion => criterion.Name))}");
}
