using System.Text.Json;
using System.Text.Json.Serialization;

namespace Coppice.Search.Json;

/// <summary>A <see cref="RealGenome"/> in JSON is its text: "0.5,-1".</summary>
internal sealed class RealGenomeJsonConverter : JsonConverter<RealGenome>
{
    public override RealGenome Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        GenomeText.Read(ref reader, "Genes are a string of numbers separated by commas", RealGenome.Parse);

    public override void Write(Utf8JsonWriter writer, RealGenome value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
