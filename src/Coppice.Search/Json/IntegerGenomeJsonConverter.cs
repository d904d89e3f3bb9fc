using System.Text.Json;
using System.Text.Json.Serialization;

namespace Coppice.Search.Json;

/// <summary>A <see cref="IntegerGenome"/> in JSON is its text: "3,-1,12".</summary>
internal sealed class IntegerGenomeJsonConverter : JsonConverter<IntegerGenome>
{
    public override IntegerGenome Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        GenomeText.Read(ref reader, "Genes are a string of integers separated by commas", IntegerGenome.Parse);

    public override void Write(Utf8JsonWriter writer, IntegerGenome value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
