using System.Globalization;
using System.Text.Json;
using Coppice.Search;

namespace Coppice.Tests.Search;

public sealed class BitGenomeTests
{
    [Fact]
    public void Genomes_of_equal_segments_are_equal_values()
    {
        var parsed = BitGenome.Parse("1011|11");
        var built = BitGenome.AllOnes(4, 2).Replace(0, BitString.Parse("1011"));

        Assert.True(parsed == built);
        Assert.Equal(parsed.GetHashCode(), built.GetHashCode());
        Assert.Equal("1011|11", built.ToString());
        Assert.True(parsed != BitGenome.Parse("10111|1"));
    }

    [Fact]
    public void Replace_leaves_the_original_alone_and_refuses_another_length()
    {
        var genome = BitGenome.AllOnes(4, 2);

        Assert.Equal("1111|01", genome.Replace(1, BitString.Parse("01")).ToString());
        Assert.Equal("1111|11", genome.ToString());
        var fault = Assert.Throws<ArgumentException>(() => genome.Replace(1, BitString.AllOnes(3)));
        Assert.Equal("Segment 1 of the genome has 2 bits and cannot be replaced by 3 bits. (Parameter 'bits')", fault.Message);
    }

    [Theory] // Computed by an independent Python program: hashlib.sha256 over struct.pack('<Q', …).
    [InlineData("1011|11", "5e28cd1240ad383f7f431a3e2d8853c1")]
    [InlineData("11111111111111111111111111111111111111111111111111111111111111111", "c5fb84328f9149ad08d00ceaaf047a95")]
    public void Content_hash_is_the_same_in_every_process(string genome, string hash)
    {
        Assert.Equal(hash, BitGenome.Parse(genome).ContentHash.ToString("x32", CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Content_hash_tells_apart_bits_lengths_and_segment_borders()
    {
        string[] genomes = ["1011", "10110", "101|1", "1|011", "1|0|1|1", "1010", "0000", "00000"];

        Assert.Equal(genomes.Length, genomes.Select(text => BitGenome.Parse(text).ContentHash).Distinct().Count());
    }

    [Fact]
    public void Json_is_the_text()
    {
        Assert.Equal("\"1011|11\"", JsonSerializer.Serialize(BitGenome.Parse("1011|11")));
        Assert.Equal(BitGenome.Parse("1011|11"), JsonSerializer.Deserialize<BitGenome>("\"1011|11\""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<BitGenome>("\"1||1\""));
    }

    [Fact]
    public void Genome_without_segments_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new BitGenome([]));
        Assert.Throws<ArgumentException>(() => BitGenome.AllOnes());
    }
}
