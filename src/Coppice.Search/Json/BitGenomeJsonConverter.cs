using System.Text.Json;
using System.Text.Json.Serialization;

namespace Coppice.Search.Json;

/// <summary>A <see cref="BitGenome"/> in JSON is its text: "1011|11".</summary>
internal sealed class BitGenomeJsonConverter : JsonConverter<BitGenome>
{
    public override BitGenome Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        GenomeText.Read(ref reader, "Bits are a string of 0 and 1", BitGenome.Parse);

    public override void Write(Utf8JsonWriter writer, BitGenome value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
