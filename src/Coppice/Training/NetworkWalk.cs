using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>
/// Recalibrates and measures several networks in one walk: batches outside, networks inside, and what networks compute alike only once (<see cref="MergedNetwork"/>). To the last bit
/// what <see cref="BatchNormRecalibration"/> and <see cref="Classifier"/> give for each alone, if they are given the same <see cref="ProgramOptions"/>.
/// </summary>
/// <param name="options">How programs run; the mode is set here.</param>
/// <param name="cancellation">Stops between operators: a walk over many large networks is long even for one batch.</param>
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
        var (merged, program) = Compile(networks);
        using (program)
        {
            if (!program.HasStatistics)
            {
                return networks;
            }

            foreach (var (i, batch) in batches.Pass(cancellation, networks.Length).Index())
            {
                using var scope = new TensorScope();
                BatchNormRecalibration.Update(program, batch, i, momentum, cancellation);
                Passed?.Invoke(batch.Labels.Length);
            }

            return merged.WithStatistics(program.CaptureStatistics());
        }
    }

    /// <summary>
    /// Estimates statistics from the first images of a set, as one batch, and notes what the networks make of these images on the way: each layer is normalised by the statistics that it is to
    /// keep, so that a second pass over the images would give the same but for rounding.
    /// </summary>
    /// <param name="networks">Networks that a <see cref="MergedNetwork"/> can hold.</param>
    /// <param name="images">The set.</param>
    /// <param name="count">How many of its images.</param>
    /// <param name="scores">Where to note what each network makes of them.</param>
    public ImmutableArray<Network> RecalibrateAndMeasure(ImmutableArray<Network> networks, TensorBatches images, int count, ImmutableArray<ImageScores> scores)
    {
        cancellation.ThrowIfCancellationRequested();
        int[] positions = [.. Enumerable.Range(0, count)];
        var (merged, program) = Compile(networks);
        using (program)
        {
            using var batch = images.Gather(positions, networks.Length);
            using var scope = new TensorScope();
            var outputs = BatchNormRecalibration.Update(program, batch, position: 0, momentum: null, cancellation);
            foreach (var (output, logits) in outputs.Index())
            {
                Classifier.Note(logits, batch.Labels.AsSpan(), positions, scores.Where((_, member) => merged.Outputs[member] == output));
            }

            Passed?.Invoke(count);
            return merged.WithStatistics(program.CaptureStatistics());
        }
    }

    /// <summary>Notes what each network makes of the images of a set, with stored statistics.</summary>
    /// <param name="networks">Networks that a <see cref="MergedNetwork"/> can hold.</param>
    /// <param name="images">The set.</param>
    /// <param name="first">Position of the first image; what is before it has been noted already.</param>
    /// <param name="scores">Where to note it.</param>
    public void Measure(ImmutableArray<Network> networks, TensorBatches images, int first, ImmutableArray<ImageScores> scores)
    {
        if (first == images.Count)
        {
            return;
        }

        using var walk = ScoringWalk.Open(networks, options);
        (int, ImageScores)[] members = [.. scores.Select((score, member) => (member, score))];
        foreach (var (batch, positions) in images.PassFrom(first, networks.Length, cancellation))
        {
            walk.Measure(batch.Images, batch.Labels.AsSpan(), positions, members, cancellation);
            Passed?.Invoke(positions.Length);
        }
    }

    private (MergedNetwork Merged, NetworkProgram Program) Compile(ImmutableArray<Network> networks)
    {
        var recalibration = options with { Mode = ExecutionMode.Recalibration };
        var merged = MergedNetwork.Of(networks, recalibration);
        return (merged, NetworkProgram.Compile(merged.Network, recalibration));
    }
}
