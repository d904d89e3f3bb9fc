using Coppice.Pruning.Encodings;

namespace Coppice.Pruning.Methods;

/// <summary>Which genome a method runs on.</summary>
public static class GenomeChoice
{
    /// <summary>The name of a kind of genome as users write it.</summary>
    public static string Word(GenomeKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>The genome that was chosen, or the method's own.</summary>
    /// <param name="method">A method that evolves something.</param>
    /// <param name="chosen">What the user chose; null for the method's own.</param>
    /// <exception cref="CoppiceException">The method cannot evolve that; the message names what it can.</exception>
    internal static GenomeKind Of(IPruningMethod method, GenomeKind? chosen)
    {
        var kind = chosen ?? method.Genomes[0];
        return method.Genomes.Contains(kind)
            ? kind
            : throw new CoppiceException(
                $"Cannot search by '{method.Name}' over {Word(kind)}: it evolves {string.Join(" or ", method.Genomes.Select(Word))}; change --genome, or leave it out.");
    }
}
