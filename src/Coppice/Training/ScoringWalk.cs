using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>Several networks compiled as one (<see cref="MergedNetwork"/>), to be measured on one batch of images after the other, all of them or some.</summary>
internal sealed class ScoringWalk : IDisposable
{
    private readonly MergedNetwork _merged;
    private readonly NetworkProgram _program;

    private ScoringWalk(MergedNetwork merged, NetworkProgram program) => (_merged, _program) = (merged, program);

    /// <summary>Compiles networks.</summary>
    /// <param name="networks">Networks that a <see cref="MergedNetwork"/> can hold.</param>
    /// <param name="options">How programs run; the mode is set here.</param>
    public static ScoringWalk Open(ImmutableArray<Network> networks, ProgramOptions options)
    {
        var evaluation = options with { Mode = ExecutionMode.Evaluation };

        // Folded first: two normalisations behind one shared layer could not be folded into it any more.
        var merged = MergedNetwork.Of(BatchNormFolding.Apply(networks), evaluation);
        return new(merged, NetworkProgram.Compile(merged.Network, evaluation));
    }

    /// <summary>Measures some of the networks on some images of a set.</summary>
    /// <param name="images">The images.</param>
    /// <param name="labels">Class of each.</param>
    /// <param name="positions">Where each lies in the set.</param>
    /// <param name="members">Positions of networks, with where to note what each makes of the images.</param>
    /// <param name="cancellation">Stops between operators; nothing has been noted then.</param>
    public void Measure(Tensor images, ReadOnlySpan<long> labels, ReadOnlySpan<int> positions, IReadOnlyCollection<(int Member, ImageScores Scores)> members, CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        int[] wanted = [.. members.Select(member => _merged.Outputs[member.Member]).Distinct()];
        var outputs = _program.RunSome(images, wanted, cancellation);
        foreach (var (output, logits) in wanted.Zip(outputs))
        {
            Classifier.Note(logits, labels, positions, members.Where(member => _merged.Outputs[member.Member] == output).Select(member => member.Scores));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _program.Dispose();
}
