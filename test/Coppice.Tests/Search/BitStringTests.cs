using System.Text.Json;
using Coppice.Search;

namespace Coppice.Tests.Search;

public sealed class BitStringTests
{
    [Fact]
    public void Parse_reads_what_ToString_writes()
    {
        var bits = BitString.Parse("1011");

        Assert.Equal("1011", bits.ToString());
        Assert.Equal(4, bits.Length);
        Assert.Equal(3, bits.Count);
        Assert.Equal([0, 2, 3], bits.Indices.AsEnumerable());
        Assert.Equal([true, false, true, true], Enumerable.Range(0, 4).Select(index => bits[index]));
    }

    [Theory]
    [InlineData("", "Cannot parse a bit string: the text is empty, but needs at least one 0 or 1.")]
    [InlineData("10x1", "Cannot parse the bit string '10x1': every character must be 0 or 1, but number 3 is 'x'.")]
    public void Parse_names_what_is_wrong_with_a_text(string text, string message)
    {
        Assert.Equal(message, Assert.Throws<FormatException>(() => BitString.Parse(text)).Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(512)]
    public void All_ones_keep_everything_on_both_sides_of_a_word_boundary(int length)
    {
        var ones = BitString.AllOnes(length);

        Assert.Equal(length, ones.Count);
        Assert.Equal(new string('1', length), ones.ToString());
        Assert.Equal(length - 1, ones.With(length - 1, false).Count);
    }

    [Fact]
    public void With_changes_one_bit_of_a_copy()
    {
        var before = BitString.AllOnes(70);

        var after = before.With(69, false);

        Assert.Equal(70, before.Count);
        Assert.Equal(Enumerable.Range(0, 69), after.Indices.AsEnumerable());
        Assert.Equal(before, after.With(69, true));
        Assert.Same(before, before.With(3, true));
    }

    [Fact]
    public void Equal_bits_are_equal_values_however_they_came_about()
    {
        var parsed = BitString.Parse("1011");
        var built = BitString.FromIndices(4, [3, 0, 2, 0]);

        Assert.True(parsed == built);
        Assert.Equal(parsed.GetHashCode(), built.GetHashCode());
        Assert.Single(new HashSet<BitString> { parsed, built });
        Assert.True(parsed != BitString.Parse("10110"));
        Assert.NotEqual(parsed, BitString.Parse("1010"));
    }

    [Fact]
    public void Positions_outside_are_refused_with_the_range()
    {
        var fault = Assert.Throws<ArgumentOutOfRangeException>(() => BitString.AllOnes(4)[4]);

        Assert.StartsWith("A bit string of length 4 has positions 0 to 3.", fault.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => BitString.FromIndices(4, [-1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => BitString.AllOnes(0));
    }

    [Fact]
    public void Json_is_the_text_and_a_bad_text_is_a_fault_of_the_json()
    {
        Assert.Equal("\"1011\"", JsonSerializer.Serialize(BitString.Parse("1011")));
        Assert.Equal(BitString.Parse("1011"), JsonSerializer.Deserialize<BitString>("\"1011\""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<BitString>("\"12\""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<BitString>("1011"));
    }
}
