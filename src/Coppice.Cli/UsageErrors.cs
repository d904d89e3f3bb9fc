using System.CommandLine;
using System.CommandLine.Parsing;

namespace Coppice.Cli;

/// <summary>What is said about a command line that cannot be read: the offending word, what may have been meant, and where to read on.</summary>
internal static class UsageErrors
{
    public static void Write(ParseResult line, Terminal terminal)
    {
        var command = line.CommandResult.Command;
        foreach (string error in Describe(line, command))
        {
            terminal.Error.WriteLine($"error: {error}");
        }

        terminal.Error.WriteLine($"Run '{Path(line)} --help' for what it takes.");
    }

    /// <summary>The library takes an unknown option for an argument; to us it is a misspelt option. A file of such a name is written <c>./-name</c>.</summary>
    public static void RefuseOptions(ArgumentResult result)
    {
        foreach (var token in result.Tokens.Where(token => IsOption(token.Value)))
        {
            result.AddError($"'{token.Value}'");
        }
    }

    private static IEnumerable<string> Describe(ParseResult line, Command command)
    {
        // A value that follows an unknown option is unmatched as well, but is not the mistake.
        string[] unmatched = [.. line.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value).Where(IsOption), .. line.UnmatchedTokens];
        string[] options = [.. unmatched.Where(IsOption)];
        string[] unknown = options.Length > 0 ? options : unmatched[..Math.Min(1, unmatched.Length)];
        foreach (string token in unknown)
        {
            yield return DescribeUnknown(token, command);
        }

        foreach (var error in line.Errors.Where(error => !unmatched.Any(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal))))
        {
            bool isMissingVerb = command.Subcommands.Count > 0;
            if (!isMissingVerb)
            {
                yield return error.Message;
            }
            else if (unknown.Length == 0)
            {
                yield return $"no command is given; there are {string.Join(", ", command.Subcommands.Select(verb => verb.Name))}.";
            }
        }
    }

    private static string DescribeUnknown(string token, Command command)
    {
        if (IsOption(token))
        {
            string name = token.Split('=', ':')[0];
            var close = Spelling.Closest(name, OptionNames(command));
            return $"'{command.Name}' has no option '{name}'.{(close.IsEmpty ? "" : $" Did you mean {string.Join(" or ", close)}?")}";
        }

        return command.Subcommands.Count > 0
            ? $"there is no command '{token}'. {Spelling.Hint(token, command.Subcommands.Select(verb => verb.Name))}"
            : $"'{command.Name}' takes no further argument, but '{token}' is given.";
    }

    private static bool IsOption(string token) => token.Length > 1 && token[0] == '-';

    private static IEnumerable<string> OptionNames(Command command) =>
        command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive)))
            .SelectMany(option => option.Aliases.Prepend(option.Name))
            .Where(name => name.StartsWith("--", StringComparison.Ordinal));

    private static string Path(ParseResult line) =>
        line.CommandResult.Command is CliCommand verb ? $"{CommandTable.ProgramName} {verb.Name}" : CommandTable.ProgramName;
}
