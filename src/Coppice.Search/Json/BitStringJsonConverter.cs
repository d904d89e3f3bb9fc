using System.Text.Json;
using System.Text.Json.Serialization;

namespace Coppice.Search.Json;

/// <summary>A <see cref="BitString"/> in JSON is its text: "1011".</summary>
internal sealed class BitStringJsonConverter : JsonConverter<BitString>
{
    public override BitString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        GenomeText.Read(ref reader, "Bits are a string of 0 and 1", BitString.Parse);

    public override void Write(Utf8JsonWriter writer, BitString value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
