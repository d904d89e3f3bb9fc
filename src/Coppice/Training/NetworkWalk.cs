using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Execution;

namespace Coppice.Training;

/// <summary>
/// Recalibrates and measures several networks in one walk: batches outside, networks inside, and what networks compute alike only once (<see cref="MergedNetwork"/>). To the last bit
/// what <see cref="BatchNormRecalibration"/> and <see cref="Classifier"/> give for each alone, if they are given the same <see cref="ProgramOptions"/>.
/// </summary>
/// <param name="options">How programs run; the mode is set here.</param>
/// <param name="cancellation">Stops between batches.</param>
internal sealed class NetworkWalk(ProgramOptions options, CancellationToken cancellation)
{
    /// <summary>Told after each batch how many images it had.</summary>
    public Action<int>? Passed { get; init; }

    /// <summary>Estimates the statistics of all batch normalisations of all networks anew.</summary>
    /// <param name="networks">Networks that a <see cref="MergedNetwork"/> can hold; returned as they are where they hold no batch normalisation.</param>
    /// <param name="batches">Images to estimate from.</param>
    /// <param name="momentum">As in <see cref="BatchNormRecalibration.Apply"/>.</param>
    public ImmutableArray<Network> Recalibrate(ImmutableArray<Network> networks, TensorBatches batches, double? momentum = null)
    {
        var recalibration = options with { Mode = ExecutionMode.Recalibration };
        var merged = MergedNetwork.Of(networks, recalibration);
        using var program = NetworkProgram.Compile(merged.Network, recalibration);
        if (!program.HasStatistics)
        {
            return networks;
        }

        foreach (var (i, batch) in batches.Pass(cancellation, networks.Length).Index())
        {
            BatchNormRecalibration.Update(program, batch, i, momentum);
            Passed?.Invoke(batch.Labels.Length);
        }

        return merged.WithStatistics(program.CaptureStatistics());
    }

    /// <summary>What each network makes of each image, with stored statistics.</summary>
    /// <param name="networks">Networks that a <see cref="MergedNetwork"/> can hold.</param>
    /// <param name="images">The images.</param>
    public ImmutableArray<ImageScores> Measure(ImmutableArray<Network> networks, TensorBatches images)
    {
        using var walk = ScoringWalk.Open(networks, options);
        ImmutableArray<ImageScores> scores = [.. networks.Select(_ => new ImageScores(images.Count))];
        (int, ImageScores)[] members = [.. scores.Select((score, member) => (member, score))];
        foreach (var (i, batch) in images.Pass(cancellation, networks.Length).Index())
        {
            walk.Measure(batch.Images, batch.Labels.AsSpan(), images.PositionsOf(i), members);
            Passed?.Invoke(batch.Labels.Length);
        }

        return scores;
    }
}
