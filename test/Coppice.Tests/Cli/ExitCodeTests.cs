using System.CommandLine;
using Coppice.Cli;
using Coppice.Tensors;
using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Tests.Cli;

public sealed class ExitCodeTests
{
    public static TheoryData<Exception, int, string> Faults => new()
    {
        { new CoppiceException("Cannot do it."), 2, "error: Cannot do it.\n" },
        { new UnsupportedModelException("Cannot read it."), 3, "error: Cannot read it.\n" },
        { new InfeasibleTargetException("Cannot reach it."), 4, "error: Cannot reach it.\n" },
        { new VerificationFailedException("It differs."), 5, "error: It differs.\n" },
        { new NativeLibraryMissingException("No library."), 2, "error: No library.\n" },
        { new OnnxRuntimeException("No runtime."), 2, "error: No runtime.\n" },
        {
            new InvalidOperationException("Two\nlines."), 1,
            "error: InvalidOperationException: Two lines. This is a defect of coppice; run the command again with -v diag and report what it prints.\n"
        },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_is_one_line_and_has_its_code(Exception fault, int code, string error) =>
        Assert.Equal(new CommandLineResult(code, "", error), await RunAsync(new FaultyCommand(_ => throw fault), CancellationToken.None, "fail"));

    [Fact]
    public async Task Fault_is_told_with_its_stack_under_diag()
    {
        var (_, _, error) = await RunAsync(new FaultyCommand(_ => throw new InvalidOperationException("Broken.")), CancellationToken.None, "fail", "-v", "diag");

        Assert.Contains($"   at {typeof(ExitCodeTests).FullName}", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_is_code_130_and_no_error()
    {
        using var source = new CancellationTokenSource();
        var command = new FaultyCommand(cancellation =>
        {
            source.Cancel();
            cancellation.ThrowIfCancellationRequested();
        });

        Assert.Equal(new CommandLineResult(130, "", "cancelled.\n"), await RunAsync(command, source.Token, "fail"));
    }

    [Fact]
    public async Task Cancellation_that_nobody_asked_for_is_a_defect()
    {
        var (code, _, _) = await RunAsync(new FaultyCommand(_ => throw new OperationCanceledException()), CancellationToken.None, "fail");

        Assert.Equal(ExitCode.Unexpected, code);
    }

    private static Task<CommandLineResult> RunAsync(CliCommand command, CancellationToken cancellation, params string[] arguments)
    {
        var table = new CommandTable();
        table.Root.Add(command);
        return CommandLine.RunAsync(arguments, new StringWriter { NewLine = "\n" }, cancellation, table);
    }

    private sealed class FaultyCommand(Action<CancellationToken> act) : CliCommand<bool>("fail", "Fails.")
    {
        protected override bool Read(ParseResult line) => true;

        protected override Task<int> RunAsync(bool settings, CommandContext context, CancellationToken cancellation)
        {
            act(cancellation);
            return Task.FromResult(ExitCode.Success);
        }
    }
}
