using System.Collections.Immutable;
using Coppice.Search;

namespace Coppice.Pruning.Methods;

/// <summary>Settings of <see cref="IterativePruning"/>.</summary>
public sealed record IterativeOptions
{
    /// <summary>N: passes of cut and fine-tune, at least 1, which is the one shot.</summary>
    public int Passes { get; init; } = 1;

    /// <summary>Epochs of fine-tuning after each pass but the last one, which the final fine-tuning follows.</summary>
    public int RoundEpochs { get; init; } = 1;
}

/// <summary>
/// A one-shot method in several passes: the iterative form of pruning by norms (Li et al., ICLR 2017, section 3.4) and, with scale factors that are trained with their penalty between the
/// passes, the multi-pass form of network slimming (Liu et al., ICCV 2017, section 3):
/// <code>
/// repeat N times:
///     score the channels of the present network
///     cut to full · (target / full)^(t / N) MACs
///     fine-tune
/// </code>
/// </summary>
/// <remarks>
/// <para>Deviation: a pass cuts all groups; Li et al. go layer by layer or filter by filter, with a fine-tuning after each.</para>
/// <para>Deviation: passes approach a MAC target in equal factors; Liu et al. take a percentage of the channels per pass, and at most half of a layer.</para>
/// <para>Deviation: fine-tuning between passes is short and the long one comes at the end, the same for every method that is compared.</para>
/// </remarks>
/// <param name="oneShot">What cuts in each pass.</param>
/// <param name="options">The settings.</param>
public sealed class IterativePruning(OneShotPruning oneShot, IterativeOptions options) : IPruningMethod
{
    private const ulong Stream = 0x50415353;

    /// <inheritdoc/>
    public string Name => oneShot.Name;

    /// <inheritdoc/>
    public string Description => $"{oneShot.Description}; in {options.Passes} passes of cut and fine-tune";

    /// <inheritdoc/>
    public string Paper => oneShot.Paper;

    /// <inheritdoc/>
    public bool NeedsTarget => true;

    /// <inheritdoc/>
    public bool NeedsData => oneShot.NeedsData;

    /// <inheritdoc/>
    public bool DrawsByChance => oneShot.DrawsByChance;

    /// <inheritdoc/>
    public bool IsSearch => false;

    /// <inheritdoc/>
    public PublishedProtocol? Published => oneShot.Published;

    /// <inheritdoc/>
    public void CheckSettings() => oneShot.CheckSettings();

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        oneShot.Check(problem);
        var target = problem.Target ?? throw new CoppiceException($"Cannot prune by '{Name}' in passes without a MAC target: give --max-macs, as in --max-macs 50%.");
        var full = oneShot.SpaceOf(problem);
        long macs = full.Resolve(target);
        var family = ImmutableArray.CreateBuilder<PrunedCandidate>();
        var present = new PrunedCandidate(Name, PruningPlan.Identity(problem.Network.Name), problem.Network, full.Cost.Full, 0, 0, null);
        try
        {
            for (int pass = 0; pass < options.Passes; pass++)
            {
                long budget = MacTarget.AtRound(full.Cost.Full.Macs, macs, pass, options.Passes);
                family.Add(present = await CutAsync(problem, present, pass, budget, cancellation));
                if (pass < options.Passes - 1)
                {
                    family[pass] = present = await TuneAsync(problem, present, pass, cancellation);
                }
            }
        }
        catch (Exception end) when (family.Count > 0)
        {
            throw RoundsDone.With(family, $"{options.Passes} passes", end, cancellation);
        }

        return family.ToImmutable();
    }

    private async Task<PrunedCandidate> CutAsync(PruningProblem problem, PrunedCandidate present, int pass, long budget, CancellationToken cancellation)
    {
        var step = problem.At(present.Network) with
        {
            Target = new($"pass {pass + 1} of {options.Passes}", null, budget),

            // Scores drawn by chance are drawn anew: the same ones would favour the same positions again.
            Seed = pass == 0 ? problem.Seed : Rng.For(problem.Seed, Stream, (ulong)pass).NextUInt64(),
        };
        var cut = (await oneShot.RunAsync(step, cancellation))[^1];
        var (network, images) = problem.Repairs ? await step.RepairAsync(cut.Plan, cancellation) : (cut.Network, 0);
        return cut with
        {
            Name = $"{Name}-{pass + 1}",
            Plan = present.Plan.Then(cut.Plan),
            Network = network,
            TunedEpochs = present.TunedEpochs,
            HasOwnWeights = true,
            ForwardImages = present.ForwardImages + cut.ForwardImages + images,
        };
    }

    /// <summary>Without fine-tuning the network goes on as it was cut: no criterion looks at the batch-norm statistics that a cut makes stale, but a repair does.</summary>
    private async Task<PrunedCandidate> TuneAsync(PruningProblem problem, PrunedCandidate candidate, int pass, CancellationToken cancellation)
    {
        var tuned = await problem.TuneRoundAsync(candidate, options.RoundEpochs, $"pass {pass + 1}/{options.Passes}, fine-tuning", cancellation);
        return tuned != candidate || !problem.Repairs ? tuned : await problem.RecalibrateAsync(candidate, cancellation);
    }
}
