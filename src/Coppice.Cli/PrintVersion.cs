using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Coppice.Cli;

/// <summary>Prints the program's version.</summary>
internal sealed class PrintVersion : SynchronousCommandLineAction
{
    /// <summary>Such as <c>0.1.0</c>, with the commit behind a plus sign where the build knows it.</summary>
    public static string Version { get; } = typeof(PrintVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>No verb is needed for it.</summary>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine($"{CommandTable.ProgramName} {Version}");
        return ExitCode.Success;
    }
}
