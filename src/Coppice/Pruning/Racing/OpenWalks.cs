using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning.Racing;

/// <summary>Measures members of a compiled walk.</summary>
internal delegate void MeasureMembers(ScoringWalk walk, ImmutableArray<(int Member, RaceEntrant Entrant)> members);

/// <summary>The compiled candidates of a race, kept from one look to the next as far as memory allows.</summary>
/// <param name="walk">How candidates are prepared and walked.</param>
/// <param name="base">The network that candidates are cut from.</param>
/// <param name="memoryBytes">What they may take.</param>
/// <param name="cut">Cuts a candidate; throws where that is not possible.</param>
internal sealed class OpenWalks(CandidateWalk walk, Network @base, long memoryBytes, Func<RaceEntrant, CancellationToken, Network> cut)
{
    /// <summary>Prepared networks, kept to be compiled again, may take this part of the memory.</summary>
    private const int PartForPrepared = 4;

    /// <summary>
    /// Images of one look that make it worth it to compile a member anew for each run of what walks have in common that this saves. On ResNet-56 compiling takes as long as such a run on some ten images, but who
    /// is joined stays joined for the looks to come: with 3 a round of CCEP took less time than with 8.
    /// </summary>
    private const int ImagesOfCompiling = 3;

    private readonly Dictionary<ScoringWalk, (long Bytes, long Activations)> _open = [];
    private readonly Dictionary<RaceEntrant, (ScoringWalk Walk, int Member)> _members = [];
    private long _preparedBytes;

    /// <summary>Images, the first of those scored, whose scores a candidate has once it is compiled; nothing measures them again.</summary>
    public int OnePassImages => walk.OnePassImages;

    /// <summary>
    /// Shows candidates to a measurement, as they are compiled together; one that cannot be prepared or measured gets a failure, and does its companions no harm. Few that are left of several walks are
    /// compiled anew as one where that is sooner done: what they have in common then runs once.
    /// </summary>
    /// <param name="entrants">The candidates.</param>
    /// <param name="images">How many images the measurement shows them, or 0 for no walk to be compiled anew.</param>
    /// <param name="measure">The measurement.</param>
    /// <param name="cancellation">Stops between walks, and their preparation between operators.</param>
    public void Visit(IReadOnlyCollection<RaceEntrant> entrants, int images, MeasureMembers measure, CancellationToken cancellation)
    {
        foreach (var joined in ToJoin(entrants, images))
        {
            Drop(joined);
        }

        var closed = ShowCompiled(entrants, measure, cancellation);
        foreach (var part in walk.Divide(closed, entrant => TryCut(entrant, cancellation), new(CandidateWalk.MostInARace, memoryBytes / 2)))
        {
            Show(part, measure, cancellation);
            if (_preparedBytes + Bytes() + MostActivations() > memoryBytes / 2)
            {
                Close(); // now, not when the next walk is compiled: while that is filled, its networks take memory too
            }
        }
    }

    /// <summary>Shows candidates that are compiled.</summary>
    /// <returns>The others; and those whose walk has been closed meanwhile, to make room for what a fault has taken apart.</returns>
    private List<RaceEntrant> ShowCompiled(IReadOnlyCollection<RaceEntrant> entrants, MeasureMembers measure, CancellationToken cancellation)
    {
        var closed = entrants.Where(entrant => !_members.ContainsKey(entrant)).ToList();
        foreach (var group in entrants.Where(_members.ContainsKey).GroupBy(entrant => _members[entrant].Walk, entrant => (_members[entrant].Member, Entrant: entrant)).ToArray())
        {
            cancellation.ThrowIfCancellationRequested();
            if (!_open.ContainsKey(group.Key))
            {
                closed.AddRange(group.Select(member => member.Entrant));
                continue;
            }

            try
            {
                measure(group.Key, [.. group]);
            }
            catch (Exception fault) when (fault is CoppiceException or TorchException)
            {
                Drop(group.Key);
                ShowSingly(group.Select(member => member.Entrant), measure, cancellation);
            }
        }

        return closed;
    }

    /// <summary>Forgets the prepared networks and the statistics of all but some candidates.</summary>
    /// <param name="all">Those that may have them.</param>
    /// <param name="kept">Those that keep them, if there is something left to be measured.</param>
    public void Forget(IEnumerable<RaceEntrant> all, IReadOnlySet<RaceEntrant> kept)
    {
        foreach (var entrant in all.Where(entrant => entrant.IsDone || !kept.Contains(entrant)))
        {
            _preparedBytes -= entrant.Prepared is { } network ? OwnBytes(network) : 0;
            (entrant.Prepared, entrant.Statistics) = (null, null);
        }
    }

    /// <summary>
    /// Of the walks with the fewest members as many as it pays to join, with each other and with who is not compiled, as far as one walk may hold them all: each but one saves a run of what they have in common.
    /// Those whose networks would have to be cut anew stay as they are.
    /// </summary>
    private ImmutableArray<ScoringWalk> ToJoin(IReadOnlyCollection<RaceEntrant> entrants, int images)
    {
        var candidates = entrants.Where(_members.ContainsKey).GroupBy(entrant => _members[entrant].Walk).Where(members => members.All(entrant => entrant.Prepared is not null)).OrderBy(members => members.Count()).ToArray();
        int closed = entrants.Count(entrant => !_members.ContainsKey(entrant)), compiled = 0;
        var (joined, most) = (0, 0L);
        for (int k = 1; k <= candidates.Length; k++)
        {
            compiled += candidates[k - 1].Count();
            if (closed + compiled > CandidateWalk.MostInARace)
            {
                break;
            }

            long gain = ((long)(closed > 0 ? k : k - 1) * images) - ((long)compiled * ImagesOfCompiling);
            (joined, most) = gain > most ? (k, gain) : (joined, most);
        }

        return [.. candidates.Take(joined).Select(members => members.Key)];
    }

    private void Drop(ScoringWalk dropped)
    {
        if (!_open.Remove(dropped))
        {
            return;
        }

        foreach (var member in _members.Where(member => member.Value.Walk == dropped).Select(member => member.Key).ToArray())
        {
            _members.Remove(member);
        }

        dropped.Dispose();
    }

    private long Bytes() => _open.Values.Sum(open => open.Bytes);

    private long MostActivations() => _open.Values.Select(open => open.Activations).DefaultIfEmpty().Max();

    /// <summary>Closes all walks; prepared networks stay.</summary>
    public void Close()
    {
        foreach (var open in _open.Keys)
        {
            open.Dispose();
        }

        _open.Clear();
        _members.Clear();
    }

    private Network? TryCut(RaceEntrant entrant, CancellationToken cancellation)
    {
        try
        {
            if (entrant.Prepared is { } prepared)
            {
                return prepared;
            }

            var network = cut(entrant, cancellation);
            return entrant.Statistics is { } known ? network.WithParameters(known) : network;
        }
        catch (Exception fault) when (fault is CoppiceException or TorchException)
        {
            entrant.Failure = fault.Message;
            return null;
        }
    }

    private void Show(ImmutableArray<(RaceEntrant Candidate, Network Network)> part, MeasureMembers measure, CancellationToken cancellation)
    {
        ScoringWalk? opened = null;
        try
        {
            opened = Open(part, cancellation);
            measure(opened, [.. part.Select((member, position) => (position, member.Candidate))]);
            return;
        }
        catch (Exception fault) when (fault is CoppiceException or TorchException)
        {
            if (opened is not null)
            {
                Drop(opened);
            }

            if (part.Length == 1)
            {
                part[0].Candidate.Failure = fault.Message;
                return;
            }
        }

        ShowSingly(part.Select(member => member.Candidate), measure, cancellation);
    }

    private void ShowSingly(IEnumerable<RaceEntrant> entrants, MeasureMembers measure, CancellationToken cancellation)
    {
        foreach (var entrant in entrants)
        {
            if (TryCut(entrant, cancellation) is { } network)
            {
                Show([(entrant, network)], measure, cancellation);
            }
        }
    }

    private ScoringWalk Open(ImmutableArray<(RaceEntrant Candidate, Network Network)> part, CancellationToken cancellation)
    {
        long bytes = part.Sum(member => ProgramMemory.ParameterBytes(member.Network.Parameters.Values));
        if (Bytes() + _preparedBytes + bytes + Math.Max(MostActivations(), walk.Activations(part.Length)) > memoryBytes)
        {
            Close();
        }

        var opened = walk.Open(Prepare(part, cancellation));
        _open.Add(opened, (bytes, walk.ActivationsOfScore(part.Length)));
        foreach (var (position, member) in part.Index())
        {
            _members.Add(member.Candidate, (opened, position));
        }

        return opened;
    }

    private ImmutableArray<Network> Prepare(ImmutableArray<(RaceEntrant Candidate, Network Network)> part, CancellationToken cancellation)
    {
        ImmutableArray<int> fresh = [.. Enumerable.Range(0, part.Length).Where(position => part[position].Candidate.Statistics is null)];
        var networks = part.Select(member => member.Network).ToArray();
        foreach (var (position, network) in fresh.Zip(walk.Prepare([.. fresh.Select(position => networks[position])], [.. fresh.Select(position => part[position].Candidate.Scores)], cancellation)))
        {
            networks[position] = network;
            part[position].Candidate.Statistics = MergedNetwork.StatisticsOf(network).Distinct().ToDictionary(name => name, name => network.Parameters[name]);
        }

        foreach (var (member, network) in part.Zip(networks).Where(pair => pair.First.Candidate.Prepared is null))
        {
            Keep(member.Candidate, network);
        }

        return [.. networks];
    }

    private void Keep(RaceEntrant entrant, Network network)
    {
        long own = OwnBytes(network);
        if (_preparedBytes + own <= memoryBytes / PartForPrepared)
        {
            entrant.Prepared = network;
            _preparedBytes += own;
        }
    }

    /// <summary>Bytes of parameters that are not those of the network itself.</summary>
    private long OwnBytes(Network network) =>
        network.Parameters.Where(pair => !ReferenceEquals(@base.Parameters.GetValueOrDefault(pair.Key), pair.Value)).Sum(pair => (long)pair.Value.Bytes.Length);
}
