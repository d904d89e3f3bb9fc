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

            walks.Visit(entrants, images.Count, Measure, CancellationToken.None);
            isSecond = atSecondLook;
            walks.Visit([.. entrants.Where(entrant => entrant.Failure is null)], images.Count, Measure, CancellationToken.None);
            walks.Close();
        });

        Assert.Equal([false, true, false, false], entrants.Select(entrant => entrant.Failure is not null));
        double[] alone = await problem.Thread.RunAsync(() => Classifier.Score(network, images, new ProgramOptions(), CancellationToken.None).ToArray());
        Assert.All(entrants.Where(entrant => entrant.Failure is null), entrant => Assert.Equal(alone, entrant.Scores.ToArray()));
    }

    /// <summary>A fault in one walk that makes the others close, as it does where memory is short: who was in them is shown nevertheless, compiled anew.</summary>
    [Fact]
    public async Task Walks_that_a_fault_closes_are_opened_again()
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Scoring = new() { Preparation = Preparation.None } };
        RaceEntrant[] entrants = [.. Enumerable.Range(0, 4).Select(i => new RaceEntrant(new([BitString.FromIndices(4, [i])]), new(problem.Images!.Scored.Count)))];
        var shown = new List<RaceEntrant>();
        bool isFirst = true;

        await problem.Thread!.RunAsync(() =>
        {
            var walks = new OpenWalks(new(problem, problem.Network, new(), problem.Images!), problem.Network, problem.MemoryBytes, (_, _) => problem.Network);
            walks.Visit(entrants[..2], 0, (_, _) => { }, CancellationToken.None);
            walks.Visit(entrants[2..], 0, (_, _) => { }, CancellationToken.None);
            walks.Visit(entrants, 0, Measure, CancellationToken.None);
            walks.Close();

            void Measure(ScoringWalk walk, ImmutableArray<(int Member, RaceEntrant Entrant)> members)
            {
                if (isFirst)
                {
                    isFirst = false;
                    walks.Close();
                    throw new CoppiceException("does not run");
                }

                shown.AddRange(members.Select(member => member.Entrant));
            }
        });

        Assert.Equal(entrants, shown);
        Assert.All(entrants, entrant => Assert.Null(entrant.Failure));
    }

    /// <summary>
    /// Three walks of one, two and three members, and a newcomer that is not compiled. Compiling a member counts as much as 3 images of what walks share: with 3 images that is no gain for anyone; with 4 the
    /// single one joins the newcomer; with 7 the two do too; with 10 all are one walk. Without a newcomer one walk fewer is saved: 2 · 9 images are no more than what 6 members cost, 2 · 10 are.
    /// </summary>
    [Theory]
    [InlineData(3, true, "1 1 2 3")]
    [InlineData(4, true, "2 2 3")]
    [InlineData(7, true, "3 4")]
    [InlineData(10, true, "7")]
    [InlineData(9, false, "1 2 3")]
    [InlineData(10, false, "6")]
    public async Task Few_that_are_left_of_several_walks_become_one(int images, bool hasNewcomer, string walksOfMembers) =>
        Assert.Equal(walksOfMembers, await ShownAsync([1, 2, 3], newcomers: hasNewcomer ? 1 : 0, images));

    /// <summary>One walk holds 64: 34 and 30 become one, 35 and 30 would be two again; and no newcomer finds a place in a full one.</summary>
    [Theory]
    [InlineData(34, 0, "64")]
    [InlineData(35, 0, "30 35")]
    [InlineData(34, 1, "31 34")]
    public async Task Walks_are_joined_as_far_as_one_may_hold_them(int members, int newcomers, string walksOfMembers) =>
        Assert.Equal(walksOfMembers, await ShownAsync([members, 30], newcomers, images: 1000));

    /// <summary>The network of the first has not been kept: it would have to be cut, and repaired, anew.</summary>
    [Fact]
    public async Task Walks_whose_networks_were_not_kept_stay_as_they_are() =>
        Assert.Equal("1 5", await ShownAsync([1, 2, 3], newcomers: 0, images: 1000, entrants => entrants[0].Prepared = null));

    /// <summary>Members of each walk, in ascending order, that candidates are shown in which have been compiled in walks of so many, and newcomers.</summary>
    private static async Task<string> ShownAsync(int[] walksOf, int newcomers, int images, Action<RaceEntrant[]>? before = null)
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Scoring = new() { Preparation = Preparation.None } };
        int count = walksOf.Sum() + newcomers;
        RaceEntrant[] entrants = [.. Enumerable.Range(0, count).Select(i => new RaceEntrant(new([BitString.FromIndices(count, [i])]), new(problem.Images!.Scored.Count)))];
        var shown = new List<int>();

        await problem.Thread!.RunAsync(() =>
        {
            var walks = new OpenWalks(new(problem, problem.Network, new(), problem.Images!), problem.Network, problem.MemoryBytes, (_, _) => problem.Network);
            int first = 0;
            foreach (int members in walksOf)
            {
                walks.Visit(entrants[first..(first += members)], 0, (_, _) => { }, CancellationToken.None);
            }

            before?.Invoke(entrants);
            walks.Visit(entrants, images, (_, members) => shown.Add(members.Length), CancellationToken.None);
            walks.Close();
        });

        return string.Join(' ', shown.Order());
    }

    private static Network Broken(Network network)
    {
        string name = network.Nodes.Last(node => node.OperatorType == "Gemm").Inputs[1];
        var weight = network.Parameters[name];
        var shape = new TensorShape([weight.Shape[0], weight.Shape[1] + 1]);
        return network.WithParameters(new Dictionary<string, HostTensor> { [name] = HostTensor.FromFloats(shape, new float[shape.Length]) });
    }
}
