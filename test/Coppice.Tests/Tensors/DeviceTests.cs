using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

public sealed class DeviceTests
{
    [Theory]
    [InlineData("cpu", false, 0)]
    [InlineData("cuda:0", true, 0)]
    [InlineData("cuda:12", true, 12)]
    public void Parse_reads_what_ToString_writes(string text, bool isCuda, int index)
    {
        var device = Device.Parse(text);

        Assert.Equal((isCuda, index, text), (device.IsCuda, device.Index, device.ToString()));
    }

    [Fact]
    public void Devices_are_values_and_the_default_is_the_cpu()
    {
        Assert.Equal(Device.Cpu, default);
        Assert.Equal(Device.Cuda(), Device.Parse("cuda"));
        Assert.NotEqual(Device.Cuda(0), Device.Cpu);
        Assert.Throws<ArgumentOutOfRangeException>(() => Device.Cuda(-1));
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("CPU")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda: 1")]
    [InlineData("cuda:99999999999")]
    public void Parse_refuses_anything_else_and_says_what_it_reads(string text)
    {
        var error = Assert.Throws<ArgumentException>(() => Device.Parse(text));

        Assert.StartsWith($"Cannot read the device '{text}': use 'cpu', 'cuda' or 'cuda:N'", error.Message, StringComparison.Ordinal);
    }
}
