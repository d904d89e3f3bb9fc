using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning.Hooks;

/// <summary>
/// Soft Filter Pruning (He et al., IJCAI 2018): after each epoch the filters of lowest score of each channel group are set to zero, and the training goes on with them, so that a
/// filter that was wrongly chosen may grow again. After the last epoch they stay zero, and pruning removes them without changing what the network computes.
/// With <see cref="MasksGradient"/> the first choice is made before the first epoch and is final, as in the published code of FPGM (He et al., CVPR 2019).
/// </summary>
/// <remarks>
/// What is set to zero while filters may grow again are the filters alone, as in the authors' code: behind a ReLU a channel with γ = β = 0 would get no gradient ever. Biases, γ and β
/// follow after the last epoch, or at once where the gradient is masked; so the network needs no compensation for constants that dead channels still write. Deviation: a channel that
/// several layers write (a residual stream) is zeroed in all of them or in none; the authors zero each layer by itself, which no smaller network of the usual kind can express.
/// </remarks>
/// <param name="Criterion">What scores the channels; higher = keep.</param>
/// <param name="Rate">Share of the channels of each group that is zeroed, in (0, 1); rounded down, and one channel always stays.</param>
public sealed record SoftFilterPruning(IFilterCriterion Criterion, double Rate) : ITrainingHook
{
    /// <summary>
    /// k of the asymptotic schedule (He et al., Asymptotic Soft Filter Pruning, IEEE Transactions on Cybernetics 2020): three quarters of the rate are reached after an eighth of the
    /// training, as e^(−k / 8) = 1 / 4.
    /// </summary>
    private static readonly double Steepness = 8 * Math.Log(4);

    /// <summary>Whether zeroed filters stay zero: their gradients and velocities are set to zero too.</summary>
    public bool MasksGradient { get; init; }

    /// <summary>Whether the rate rises from 0 over the training, steeply at first: Rate · (1 − e^(−k t)) / (1 − e^(−k)).</summary>
    public bool IsAsymptotic { get; init; }

    /// <summary>Epochs between choices, at least 1; the last epoch is always followed by one.</summary>
    public int Interval { get; init; } = 1;

    /// <summary>Groups that lose channels.</summary>
    public GroupScope Scope { get; init; } = GroupScope.Inner;

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"soft-prune {Criterion.Name} {Rate:R} mask={MasksGradient} asymptotic={IsAsymptotic} interval={Interval} {Scope}");

    /// <summary>Groups that the criterion can say nothing of, as bn-scale of a layer without batch normalisation, are never zeroed.</summary>
    public string? Note(Network network, IReadOnlyDictionary<string, TensorShape> inputShapes)
    {
        var space = Space(network, inputShapes);
        return space.ScoredBy(Criterion) == space ? null : LeftWhole.Note(Criterion.Name, Criterion, space);
    }

    /// <inheritdoc/>
    public TrainingHookRun Begin(HookedTraining training) => Criterion.NeedsData
        ? throw new CoppiceException($"Cannot prune softly by '{Criterion.Name}': it needs gradients on images of its own; choose a criterion that looks at weights, such as l2 or fpgm.")
        : Rate is > 0 and < 1 && Interval >= 1 ? new Run(this, training)
        : throw new CoppiceException(FormattableString.Invariant($"Cannot prune softly: the rate must lie in (0, 1) and the interval be at least 1, not {Rate} and {Interval}."));

    /// <summary>Number of channels to zero, of C at the share p: ⌊C · p⌋ as in the authors' code, whose floating-point traps (10 · 0.1 is not 1 there) are avoided; C − 1 at the most.</summary>
    public static int CountOf(int channels, double share) => Math.Min((int)Math.Floor((channels * share) + 1e-9), channels - 1);

    /// <summary>The rate after a share t of the training, in [0, 1].</summary>
    public double RateAt(double t) => IsAsymptotic ? Rate * (1 - Math.Exp(-Steepness * t)) / (1 - Math.Exp(-Steepness)) : Rate;

    private PruningSpace Space(Network network, IReadOnlyDictionary<string, TensorShape> inputShapes) => PruningSpace.Create(ChannelUnits.Analyze(network, inputShapes), Scope);

    private sealed class Run : TrainingHookRun
    {
        private readonly SoftFilterPruning _options;
        private readonly HookedTraining _training;
        private readonly ImmutableArray<ChannelGroup> _groups;
        private readonly bool _selects;
        private readonly ChannelMask _mask;

        public Run(SoftFilterPruning options, HookedTraining training)
        {
            var space = options.Space(training.Network, training.InputShapes).ScoredBy(options.Criterion);
            (_options, _training, _groups, _selects) = (options, training, space.Groups, space.Units.SelectsChannels);
            _mask = new(space.Units, training.Learned);
        }

        public override IEnumerable<KeyValuePair<string, Tensor>> State => [KeyValuePair.Create("soft-prune", _mask.Units)];

        public override void BeforeFirstEpoch()
        {
            if (_options.MasksGradient)
            {
                Choose(_options.RateAt(0), withVectors: true);
            }
        }

        public override void AfterBackward()
        {
            if (_options.MasksGradient)
            {
                _mask.MultiplyInto(parameter => _training.Learned[parameter].Grad, withVectors: true);
            }
        }

        public override void AfterEpoch(int finished)
        {
            bool isLast = finished == _training.Epochs;
            if (isLast || finished % _options.Interval == 0)
            {
                Choose(isLast ? _options.Rate : _options.RateAt((double)finished / _training.Epochs), withVectors: isLast || _options.MasksGradient);
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _mask.Dispose();
            }

            base.Dispose(disposing);
        }

        /// <summary>Chooses what is zero from now on, and zeroes it.</summary>
        private void Choose(double rate, bool withVectors)
        {
            var units = ChannelUnits.Analyze(_training.Capture(), _training.InputShapes, _selects);
            float[] before = _mask.Units.ToArray<float>(), after = [.. Enumerable.Repeat(1f, before.Length)];
            foreach (var group in _groups)
            {
                foreach (int channel in Lowest(units, group, CountOf(group.Size, rate), before))
                {
                    after[group.Units[channel]] = 0;
                }
            }

            _mask.Units.CopyFrom(Tensor.FromArray(after, after.Length));
            _mask.MultiplyInto(parameter => _training.Learned[parameter], withVectors);
            if (_options.MasksGradient)
            {
                _mask.MultiplyInto(parameter => _training.Velocities[parameter], withVectors: true);
            }
        }

        /// <summary>The channels of lowest score, ties by index; where the gradient is masked, those that are zero already come first.</summary>
        private IEnumerable<int> Lowest(ChannelUnits units, ChannelGroup group, int count, float[] before)
        {
            double[] scores = _options.Criterion.Score(new(units) { Width = group.Size - count }, group);
            return Enumerable.Range(0, group.Size)
                .OrderBy(channel => _options.MasksGradient ? before[group.Units[channel]] : 1)
                .ThenBy(channel => scores[channel])
                .ThenBy(channel => channel)
                .Take(count);
        }
    }
}
