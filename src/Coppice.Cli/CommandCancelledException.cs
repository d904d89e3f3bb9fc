namespace Coppice.Cli;

/// <summary>A verb was interrupted and has something to say about it: what is saved, and how to go on.</summary>
internal sealed class CommandCancelledException(string message, OperationCanceledException cause) : OperationCanceledException(message, cause, cause.CancellationToken);
