namespace Coppice.Pruning;

/// <summary>
/// Parts of a generation that are measured side by side and told in their order, whoever is ready first: what hears of candidates (the best so far, a memo, a count) must not depend on how fast
/// threads are. So of a search that is stopped a first stretch has been told of.
/// </summary>
/// <param name="progressed">Told how many candidates are measured, whenever it is one more; by one thread at a time.</param>
internal sealed class OrderedParts(Action<int> progressed)
{
    /// <summary>What rounding may take from a sum of shares.</summary>
    private const double Rounding = 1e-6;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, Action> _waiting = [];
    private readonly Dictionary<int, double> _measured = [];
    private int _next;
    private int _told;

    /// <summary>Notes how far a part has come; fewer than before where it has failed, which is not told.</summary>
    /// <param name="part">Its position, or any other number for what is not among the parts.</param>
    /// <param name="measured">Candidates of it that are measured, in parts of one.</param>
    public void Advance(int part, double measured)
    {
        lock (_gate)
        {
            _measured[part] = measured;
            int done = (int)(_measured.Values.Sum() + Rounding);
            if (done > _told)
            {
                progressed(_told = done);
            }
        }
    }

    /// <summary>Tells of a part as soon as all before it have been told of.</summary>
    /// <param name="part">Its position; each once.</param>
    /// <param name="tell">Tells of it.</param>
    public void Complete(int part, Action tell)
    {
        lock (_gate)
        {
            _waiting.Add(part, tell);
            while (_waiting.Remove(_next, out var ready))
            {
                _next++;
                ready();
            }
        }
    }
}
