namespace Coppice;

/// <summary>Progress that is handled at once on the reporter's thread, so that reports keep their order.</summary>
/// <param name="handle">What is done with a report.</param>
public sealed class ActionProgress<T>(Action<T> handle) : IProgress<T>
{
    /// <inheritdoc/>
    public void Report(T value) => handle(value);
}
