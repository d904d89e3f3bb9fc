namespace Coppice.Graph.Channels;

/// <summary>Union-find with path halving and union by size (Tarjan, 1975): near-constant time per operation.</summary>
internal sealed class DisjointSets
{
    private readonly List<int> _parent = [];
    private readonly List<int> _size = [];

    /// <summary>Number of elements.</summary>
    public int Count => _parent.Count;

    /// <summary>Adds an element in a set of its own and returns it.</summary>
    public int Add()
    {
        _parent.Add(_parent.Count);
        _size.Add(1);
        return _parent.Count - 1;
    }

    /// <summary>The element that stands for the whole set.</summary>
    public int Find(int element)
    {
        while (_parent[element] != element)
        {
            _parent[element] = _parent[_parent[element]];
            element = _parent[element];
        }

        return element;
    }

    /// <summary>Makes one set of two.</summary>
    public void Unite(int left, int right)
    {
        (left, right) = (Find(left), Find(right));
        if (left == right)
        {
            return;
        }

        if (_size[left] < _size[right])
        {
            (left, right) = (right, left);
        }

        _parent[right] = left;
        _size[left] += _size[right];
    }
}
