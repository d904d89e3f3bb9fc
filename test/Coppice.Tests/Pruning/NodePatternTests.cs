using System.IO.Enumeration;
using Coppice.Pruning;
using FsCheck.Xunit;

namespace Coppice.Tests.Pruning;

[Properties(MaxTest = 500, Replay = "141421356237309504,88016887242096981")]
public class NodePatternTests
{
    [Theory]
    [InlineData("conv1", "conv1", true)]
    [InlineData("conv1", "conv10", false)]
    [InlineData("conv1", "Conv1", false)]
    [InlineData("conv", "layer1.conv", false)]
    [InlineData("layer1*", "layer1.0.conv1", true)]
    [InlineData("layer1*", "layer1", true)]
    [InlineData("*conv?", "/layer1/layer1.0/conv2", true)]
    [InlineData("*conv?", "/layer1/layer1.0/conv", false)]
    [InlineData("layer[12].*", "layer2.0", true)]
    [InlineData("layer[12].*", "layer3.0", false)]
    [InlineData("layer[2-4]", "layer3", true)]
    [InlineData("layer[2-4]", "layer1", false)]
    [InlineData("layer[!2-4]", "layer1", true)]
    [InlineData("layer[!2-4]", "layer3", false)]
    [InlineData("a[]x]b", "a]b", true)]
    [InlineData("a[a-]b", "a-b", true)]
    [InlineData("node[[]0]", "node[0]", true)]
    [InlineData("*", "", true)]
    [InlineData("?", "", false)]
    [InlineData("(a+.)$", "(a+.)$", true)]
    public void Pattern_describes_whole_names(string pattern, string name, bool matches) => Assert.Equal(matches, NodePattern.Parse(pattern).Matches(name));

    /// <summary>Stars and question marks against the matcher of the base class library, on texts of few letters so that both answers come up.</summary>
    [Property]
    public void Stars_and_question_marks_agree_with_another_matcher(byte[] pattern, byte[] name)
    {
        string glob = "a" + string.Concat(pattern.Take(6).Select(letter => "ab*?*"[letter % 5])), text = "a" + string.Concat(name.Take(8).Select(letter => "ab"[letter % 2]));

        Assert.Equal(FileSystemName.MatchesSimpleExpression(glob, text, ignoreCase: false), NodePattern.Parse(glob).Matches(text));
    }

    [Theory]
    [InlineData("layr1*", "layer1.0.conv1", 1)]
    [InlineData("layr1*", "fc", 5)]
    [InlineData("conv?", "conv", 1)]
    [InlineData("conv[12]", "conv3", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("*", "anything", 0)]
    public void Distance_counts_what_must_change(string pattern, string name, int distance) => Assert.Equal(distance, NodePattern.Parse(pattern).Distance(name));

    [Theory]
    [InlineData("", "Cannot read an empty pattern: write names of nodes, as in 'layer1*'.")]
    [InlineData("conv[1", "Cannot read the pattern 'conv[1': its '[' at position 5 is not closed; close it, or write [[] for a bracket in a name.")]
    [InlineData("[]", "Cannot read the pattern '[]': its '[' at position 1 is not closed; close it, or write [[] for a bracket in a name.")]
    [InlineData("a[!", "Cannot read the pattern 'a[!': its '[' at position 2 is not closed; close it, or write [[] for a bracket in a name.")]
    public void Pattern_that_cannot_be_read_says_why(string pattern, string message) => Assert.Equal(message, Assert.Throws<CoppiceException>(() => NodePattern.Parse(pattern)).Message);
}
