namespace Coppice.Pruning.Racing;

/// <summary>What races have saved, and how often their decisions were those of all images.</summary>
/// <param name="Candidates">Candidates that have raced.</param>
/// <param name="ImagesSeen">Images that they were measured on, all together.</param>
/// <param name="ImagesInFull">What it would have been without races.</param>
/// <param name="Contests">Contests decided.</param>
/// <param name="Audited">Contests that were decided by all images as well.</param>
/// <param name="Agreed">Those of them in which the same candidates got the places.</param>
/// <param name="ImagesOfAudits">Images seen for those checks alone.</param>
public sealed record RaceTally(long Candidates, long ImagesSeen, long ImagesInFull, int Contests, int Audited, int Agreed, long ImagesOfAudits)
{
    /// <summary>Share of the images that it took to decide, in [0, 1].</summary>
    public double ShareBeforeAudits => ImagesInFull == 0 ? 1 : (double)(ImagesSeen - ImagesOfAudits) / ImagesInFull;

    /// <summary>No race yet.</summary>
    public static RaceTally None { get; } = new(0, 0, 0, 0, 0, 0, 0);

    /// <summary>Both together.</summary>
    public static RaceTally operator +(RaceTally left, RaceTally right) => new(
        left.Candidates + right.Candidates,
        left.ImagesSeen + right.ImagesSeen,
        left.ImagesInFull + right.ImagesInFull,
        left.Contests + right.Contests,
        left.Audited + right.Audited,
        left.Agreed + right.Agreed,
        left.ImagesOfAudits + right.ImagesOfAudits);

    /// <summary>Adds two tallies; see the operator.</summary>
    public static RaceTally Add(RaceTally left, RaceTally right) => left + right;
}
