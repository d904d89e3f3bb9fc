namespace Coppice.Data;

/// <summary>One use of a sealed split.</summary>
/// <param name="Time">When, UTC.</param>
/// <param name="Reason">Why, in the caller's words.</param>
public sealed record SplitOpening(DateTimeOffset Time, string Reason);
