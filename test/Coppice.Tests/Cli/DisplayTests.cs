using Coppice.Cli;
using Coppice.Cli.Display;
using Coppice.Training;
using Spectre.Console.Testing;

namespace Coppice.Tests.Cli;

public sealed class DisplayTests
{
    [Fact]
    public void Plain_display_writes_a_line_at_each_epoch_and_every_30_seconds()
    {
        var clock = new ManualClock();
        var writer = new StringWriter { NewLine = "\n" };
        using var display = new PlainDisplay(writer, clock);
        var training = display.Training("resnet20");

        training.Report(Progress(epoch: 0, iteration: 1));
        clock.Now += TimeSpan.FromSeconds(31);
        training.Report(Progress(epoch: 0, iteration: 2));
        training.Report(Progress(epoch: 0, iteration: 3));
        training.Report(Progress(epoch: 0, iteration: 4));

        Assert.Equal(
            "resnet20: epoch 1/2, loss 0.5000, 1,234 images/s, iteration 2/4, 1 min 30 s left\n"
            + "resnet20: epoch 1/2, loss 0.5000, 1,234 images/s, iteration 4/4, 1 min 30 s left\n",
            writer.ToString());
    }

    [Fact]
    public void Plain_display_writes_a_line_at_each_phase_of_a_search()
    {
        var writer = new StringWriter { NewLine = "\n" };
        using var display = new PlainDisplay(writer, new ManualClock());
        var search = display.Pruning("ccep");

        search.Report(new("round 1", 1, 8, 1));
        search.Report(new("round 1", 2, 8, 2));
        search.Report(new("round 2", 1, 8, 9));

        Assert.Equal("ccep: round 1, 1 evaluations, 1/8 of this batch\nccep: round 2, 9 evaluations, 1/8 of this batch\n", writer.ToString());
    }

    [Fact]
    public void Plain_display_writes_a_line_per_tenth_of_counted_steps()
    {
        var writer = new StringWriter { NewLine = "\n" };
        using var display = new PlainDisplay(writer, new ManualClock());
        var steps = display.Steps("rounds");

        for (int done = 1; done <= 40; done++) steps.Report((done, 40));

        Assert.Equal(10, writer.ToString().Count(character => character == '\n'));
        Assert.EndsWith("rounds: 40 of 40\n", writer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Live_display_shows_the_bar_with_the_present_numbers()
    {
        using var console = new TestConsole().Width(160).Interactive();
        using (var display = new LiveDisplay(console))
        {
            display.Training("resnet20 [x]").Report(Progress(epoch: 1, iteration: 4));
        }

        Assert.Contains("resnet20 [x]: epoch 2/2, loss 0.5000, 1,234 images/s", console.Output, StringComparison.Ordinal);
        Assert.Contains("100%", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Live_display_writes_lines_between_its_bars_and_shows_no_bar_without_a_report()
    {
        using var console = new TestConsole().Width(160).Interactive();
        using (var display = new LiveDisplay(console))
        {
            display.Pruning("l1");
            display.Line("[search: ccep]");
            display.Pruning("ccep").Report(new("round 1", 1, 8, 1));
        }

        Assert.Contains("[search: ccep]\n", console.Output, StringComparison.Ordinal);
        Assert.Contains("ccep: round 1", console.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("l1", console.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, Verbosity.Normal, typeof(PlainDisplay))]
    [InlineData(false, Verbosity.Minimal, typeof(SilentDisplay))]
    [InlineData(true, Verbosity.Quiet, typeof(SilentDisplay))]
    internal void Display_suits_terminal_and_verbosity(bool isInteractive, Verbosity verbosity, Type expected)
    {
        using var display = ProgressDisplay.Create(new Terminal(TextWriter.Null, TextWriter.Null) { IsErrorInteractive = isInteractive }, verbosity);

        Assert.IsType(expected, display);
    }

    private static TrainingProgress Progress(int epoch, int iteration) => new(epoch, 2, iteration, 4, 0.5, 0.1, 1234.5, TimeSpan.FromSeconds(90));

    private sealed class ManualClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
