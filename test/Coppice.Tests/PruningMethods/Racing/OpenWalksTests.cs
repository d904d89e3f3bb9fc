using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Pruning.Racing;
using Coppice.Search;
using Coppice.Tests.Tensors;
using Coppice.Training;

namespace Coppice.Tests.PruningMethods.Racing;

/// <summary>Candidates that are compiled together: one that cannot run does the others no harm, neither when they are compiled nor at a later look.</summary>
public sealed class OpenWalksTests() : LeakCheck(scoped: false)
{
    /// <summary>The second of four is a network whose last layer reads a feature more than there is: it can be compiled, but not run.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Candidate_that_cannot_run_fails_alone(bool atSecondLook)
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Scoring = new() { Preparation = Preparation.None } };
        var (network, images) = (problem.Network, problem.Images!.Scored);
        bool isSecond = false;
        var broken = Broken(network);
        RaceEntrant[] entrants = [.. Enumerable.Range(0, 4).Select(i => new RaceEntrant(new([BitString.FromIndices(4, [i])]), new(images.Count)))];

        await problem.Thread!.RunAsync(() =>
        {
            var walks = new OpenWalks(new(problem, network, new(), problem.Images!), network, problem.MemoryBytes, (entrant, _) => entrant == entrants[1] && !atSecondLook ? broken : network);
            void Measure(ScoringWalk walk, ImmutableArray<(int Member, RaceEntrant Entrant)> members)
            {
                // What runs at one look may fail at the next, with other numbers of images; here by decree, for any company of the second.
                if (isSecond && members.Any(member => member.Entrant == entrants[1]))
                {
                    throw new CoppiceException("does not run");
                }

                walk.Measure(images.Batches[0].Images, images.Batches[0].Labels.AsSpan(), images.PositionsOf(0), [.. members.Select(member => (member.Member, member.Entrant.Scores))], CancellationToken.None);
            }

            walks.Visit(entrants, Measure, CancellationToken.None);
            isSecond = atSecondLook;
            walks.Visit(entrants.Where(entrant => entrant.Failure is null), Measure, CancellationToken.None);
            walks.Close();
        });

        Assert.Equal([false, true, false, false], entrants.Select(entrant => entrant.Failure is not null));
        double[] alone = await problem.Thread.RunAsync(() => Classifier.Score(network, images, new ProgramOptions(), CancellationToken.None).ToArray());
        Assert.All(entrants.Where(entrant => entrant.Failure is null), entrant => Assert.Equal(alone, entrant.Scores.ToArray()));
    }

    private static Network Broken(Network network)
    {
        string name = network.Nodes.Last(node => node.OperatorType == "Gemm").Inputs[1];
        var weight = network.Parameters[name];
        var shape = new TensorShape([weight.Shape[0], weight.Shape[1] + 1]);
        return network.WithParameters(new Dictionary<string, HostTensor> { [name] = HostTensor.FromFloats(shape, new float[shape.Length]) });
    }
}
