using System.Collections.Immutable;

namespace Coppice.Criteria;

/// <summary>The criteria by name. A new one is a file beside this one and a line here; the tests over this table then try it.</summary>
public static class CriterionTable
{
    /// <summary>All criteria.</summary>
    public static ImmutableArray<IFilterCriterion> All { get; } =
    [
        new L1Norm(),
        new L1Norm(greedy: true),
        new L2Norm(),
        new GeometricMedian("fpgm", normShare: 0),
        new GeometricMedian("fpgm-mix", normShare: 0.25), // the paper: 10 % by norm, 30 % by distance
        new GeometricMedian("fpgm-mix-code", normShare: 0.75), // its scripts: 30 % by norm, 10 % by distance
        new BatchNormScale(),
        new Taylor(),
        new RandomScore(),
    ];

    /// <summary>The criterion of that name.</summary>
    /// <exception cref="CoppiceException">There is none; the message lists them.</exception>
    public static IFilterCriterion Find(string name) => All.FirstOrDefault(criterion => criterion.Name == name)
        ?? throw new CoppiceException($"Unknown criterion '{name}'. {Spelling.Hint(name, All.Select(criterion => criterion.Name))}");
}
