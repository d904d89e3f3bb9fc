using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;

namespace Coppice.Cli.Options;

/// <summary>A value that users write as a word.</summary>
/// <param name="Word">The word.</param>
/// <param name="Value">What it means.</param>
internal sealed record Choice<T>(string Word, T Value)
{
    /// <summary>The word: what help shows as the default.</summary>
    public override string ToString() => Word;
}

/// <summary>An option that takes one word of a few.</summary>
internal sealed class ChoiceOption<T> : Option<Choice<T>>
{
    /// <summary>Creates the option.</summary>
    /// <param name="name">Its name, with the dashes.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="standard">The word that stands for the default.</param>
    /// <param name="choices">Words and what they mean.</param>
    /// <param name="aliases">Other names.</param>
    public ChoiceOption(string name, string description, string standard, ImmutableArray<Choice<T>> choices, params string[] aliases)
        : base(name, aliases)
    {
        Description = description;
        HelpName = string.Join('|', choices);
        DefaultValueFactory = _ => choices.First(choice => choice.Word == standard);
        CustomParser = result => Parse(result, choices);
        CompletionSources.Add(_ => choices.Select(choice => new CompletionItem(choice.Word)));
    }

    /// <summary>What the user chose.</summary>
    public T Read(ParseResult line) => line.GetRequiredValue(this).Value;

    private static Choice<T>? Parse(ArgumentResult result, ImmutableArray<Choice<T>> choices)
    {
        string word = result.Tokens[^1].Value;
        var found = choices.FirstOrDefault(choice => choice.Word.Equals(word, StringComparison.OrdinalIgnoreCase));
        if (found is null)
        {
            result.AddError($"{OptionParsing.NameOf(result)} cannot be '{word}'. {Spelling.Hint(word, choices.Select(choice => choice.Word))}");
        }

        return found;
    }
}
