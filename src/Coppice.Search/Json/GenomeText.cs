using System.Text.Json;

namespace Coppice.Search.Json;

/// <summary>Reads a genome from a JSON string; a fault of the text is a fault of the JSON, so that its path is reported.</summary>
internal static class GenomeText
{
    public static T Read<T>(ref Utf8JsonReader reader, string form, Func<string, T> parse)
    {
        if (reader.TokenType != JsonTokenType.String) throw new JsonException($"{form}, but found {reader.TokenType}.");
        try
        {
            return parse(reader.GetString()!);
        }
        catch (FormatException fault)
        {
            throw new JsonException(fault.Message, fault);
        }
    }
}
