using System.Globalization;

namespace Coppice.Search;

/// <summary>Collects every fault of an options record, so that the user mends them all at once.</summary>
internal sealed class OptionFaults
{
    private readonly List<string> _faults = [];

    /// <summary>Notes a fault unless the rule holds.</summary>
    public void Require(bool holds, string option, double value, string rule)
    {
        if (!holds) _faults.Add(string.Create(CultureInfo.InvariantCulture, $"{option} is {value}, but must be {rule}"));
    }

    /// <exception cref="ArgumentException">There was a fault; the message lists all of them.</exception>
    public void ThrowIfAny(string optionsName)
    {
        if (_faults.Count > 0) throw new ArgumentException($"The {optionsName} options are not valid: {string.Join("; ", _faults)}.");
    }
}
