using MathNet.Numerics.Distributions;

namespace Coppice.Pruning.Racing;

/// <summary>How candidates race: see <see cref="CandidateRace"/>.</summary>
public sealed record RaceOptions
{
    /// <summary>
    /// Probability, in (0, 0.5), that of two candidates the worse one is taken for the better, at one look and where the model of <see cref="Search.Racing.PairedSampling"/> holds, at most;
    /// errors of two being taken for independent (<see cref="Search.Racing.RaceRules"/>).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not in that range.</exception>
    public double ErrorProbability
    {
        get;
        init => field = value is > 0 and < 0.5 ? value : throw new ArgumentOutOfRangeException(nameof(ErrorProbability), value, "The probability of an error lies between 0 and 0.5.");
    }

    = 0.001;

    /// <summary>Images that each candidate is measured on before anything is decided, at least 2; as many more where some are scored with its statistics, unless those alone decide.</summary>
    public int FirstLook { get; init; } = 64;

    /// <summary>Of so many contests one is decided by all images too, to see whether the race has decided as they would; 0 for none.</summary>
    public int AuditEvery { get; init; } = 25;

    /// <summary>Scored images that a race takes at least, some of which come with a candidate's statistics: fewer would leave nothing to be spared.</summary>
    internal int LeastImages(int onePassImages) => onePassImages + (2 * FirstLook);

    /// <summary>Standard errors of a difference by which two candidates must differ for one to be surely better.</summary>
    internal double Deviations => -Normal.InvCDF(0, 1, ErrorProbability);
}
