namespace Coppice.Search;

/// <summary>The box of genomes whose genes are numbers, whole or real: what a search that moves along differences of genomes needs to know of it.</summary>
/// <typeparam name="TGenome">The genome; a row of numbers.</typeparam>
public interface INumericSpace<TGenome>
{
    /// <summary>The number of genes, at least 1.</summary>
    int Dimensions { get; }

    /// <summary>Whether a gene can take more than one value.</summary>
    /// <param name="gene">Its number.</param>
    bool IsFree(int gene);

    /// <summary>Whether a genome lies inside.</summary>
    /// <param name="genome">The genome.</param>
    bool Contains(TGenome genome);

    /// <summary>A uniform genome: every gene independent, every value equally likely.</summary>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    TGenome Sample(Rng rng);

    /// <summary>x with x_j + φ (x_j − p_j) in the place of x_j, or the value nearest to that.</summary>
    /// <param name="x">A genome of the space; it stays as it is.</param>
    /// <param name="partner">p: another one.</param>
    /// <param name="gene">j: the number of the gene.</param>
    /// <param name="phi">φ: how far to move, and whether away from the partner (above 0) or towards it.</param>
    TGenome Move(TGenome x, TGenome partner, int gene, double phi);

    /// <summary>x with one free gene drawn anew: a uniform value, of whole numbers another one.</summary>
    /// <param name="x">A genome of the space; it stays as it is.</param>
    /// <param name="gene">The number of the gene.</param>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    TGenome Redraw(TGenome x, int gene, Rng rng);
}
