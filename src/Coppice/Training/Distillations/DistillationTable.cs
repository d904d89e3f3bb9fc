using System.Collections.Immutable;

namespace Coppice.Training.Distillations;

/// <summary>A way of distillation.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Paper">Where it comes from.</param>
/// <param name="Standard">It with its default settings.</param>
public sealed record DistillationEntry(string Name, string Paper, Distillation Standard);

/// <summary>The distillations by name. A new one is a file beside this one and a line here; the tests over this table then try it.</summary>
public static class DistillationTable
{
    /// <summary>All of them.</summary>
    public static ImmutableArray<DistillationEntry> All { get; } =
    [
        new("kd", "Hinton, Vinyals & Dean, Distilling the Knowledge in a Neural Network, 2015", new KnowledgeDistillation()),
        new("fsp", "Yim et al., A Gift from Knowledge Distillation, CVPR 2017", new FspDistillation()),
        new("at", "Zagoruyko & Komodakis, Paying More Attention to Attention, ICLR 2017", new AttentionTransfer()),
    ];

    /// <summary>Splits a sum such as <c>kd+at</c> into names.</summary>
    /// <exception cref="CoppiceException">One of them is unknown, or given twice; the message says which.</exception>
    public static ImmutableArray<string> ParseNames(string text)
    {
        ImmutableArray<string> names = [.. text.Split('+', StringSplitOptions.TrimEntries)];
        foreach (string name in names)
        {
            if (All.All(entry => entry.Name != name))
            {
                throw new CoppiceException($"Unknown distillation '{name}'. {Spelling.Hint(name, All.Select(entry => entry.Name))}");
            }
        }

        return names.Distinct().Count() == names.Length
            ? names
            : throw new CoppiceException($"Cannot use the distillation '{text}': it names one twice; name each once, as in kd+at.");
    }

    /// <summary>The sum of distillations.</summary>
    /// <param name="parts">One or more.</param>
    public static Distillation Sum(IEnumerable<Distillation> parts) => parts.Aggregate((sum, next) => new CombinedDistillation(sum, next));
}
