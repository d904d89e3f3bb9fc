using System.Diagnostics;
using System.Runtime.CompilerServices;
using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Tests.OnnxRuntime;

/// <summary>Timing and memory are of the whole process, so nothing else may run beside these tests.</summary>
[CollectionDefinition(nameof(MeasureTests), DisableParallelization = true)]
[Collection(nameof(MeasureTests))]
public class MeasureTests
{
    private const int Megabyte = 1 << 20;

    [Fact]
    public void Measure_returns_one_duration_for_each_repetition_and_they_fit_into_the_time_that_passed()
    {
        using var session = Affine();

        long start = Stopwatch.GetTimestamp();
        double[] milliseconds = session.Measure(Rows(1000), warmUp: 3, repetitions: 20);
        double passed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;

        Assert.Equal(20, milliseconds.Length);
        Assert.All(milliseconds, duration => Assert.True(duration > 0));
        Assert.InRange(milliseconds.Sum(), 0, passed);
    }

    [Fact]
    public void Measure_takes_longer_for_more_work()
    {
        using var session = Affine();

        double few = LatencyStatistics.Of(session.Measure(Rows(10), 5, 51)).Median;
        double many = LatencyStatistics.Of(session.Measure(Rows(200_000), 5, 51)).Median;

        Assert.True(many > 3 * few, $"median for 10 rows {few} ms, for 200 000 rows {many} ms");
    }

    [Fact]
    public void Measure_allocates_nothing_in_its_loop()
    {
        using var session = Affine();
        var inputs = Rows(10);
        session.Measure(inputs, 10, 10);

        long one = AllocatedBy(() => session.Measure(inputs, 0, 1));
        long thousandMore = AllocatedBy(() => session.Measure(inputs, 500, 1001));

        Assert.Equal(1000 * sizeof(double), thousandMore - one);
    }

    [Fact]
    public void Measure_stops_between_two_runs_when_it_is_cancelled()
    {
        using var session = Affine();
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));
        using var already = new CancellationTokenSource();
        already.Cancel();

        Assert.Throws<OperationCanceledException>(() => session.Measure(Rows(1000), 0, 1_000_000, soon.Token));
        Assert.Throws<OperationCanceledException>(() => session.Measure(Rows(1), 0, 1, already.Token));
    }

    [Theory]
    [InlineData(-1, 1, "warmUp")]
    [InlineData(0, 0, "repetitions")]
    public void Measure_refuses_counts_out_of_range(int warmUp, int repetitions, string parameter)
    {
        using var session = Affine();

        Assert.Equal(parameter, Assert.Throws<ArgumentOutOfRangeException>(() => session.Measure(Rows(1), warmUp, repetitions)).ParamName);
    }

    [Fact]
    public void A_thousand_runs_leave_no_native_memory_behind()
    {
        using var session = Affine();
        var inputs = Rows(20_000);
        session.Measure(inputs, 0, 20);
        session.Run(inputs);

        // One run's outputs are 320 kB: kept, they would add up to 640 MB.
        long before = ResidentBytes();
        session.Measure(inputs, 0, 1000);
        for (int run = 0; run < 1000; run++) session.Run(inputs);

        Assert.InRange(ResidentBytes() - before, -1024 * Megabyte, 100 * Megabyte);
    }

    [Fact]
    public void A_thousand_sessions_leave_no_native_memory_behind()
    {
        byte[] model = Fixture.Bytes("affine");
        Load(model, times: 20);

        long before = ResidentBytes();
        Load(model, times: 1000);

        Assert.InRange(ResidentBytes() - before, -1024 * Megabyte, 40 * Megabyte);
    }

    [Fact]
    public void The_array_of_an_input_can_be_collected_after_the_runs()
    {
        using var session = Affine();

        var array = RunOnce(session);
        GC.Collect();

        Assert.False(array.IsAlive);
    }

    /// <summary>A method of its own, because a local variable would keep the array alive in the test.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference RunOnce(InferenceSession session)
    {
        float[] row = new float[3];
        var inputs = new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Create(row, 1, 3) };
        session.Run(inputs);
        session.Measure(inputs, 0, 1);
        return new WeakReference(row);
    }

    private static void Load(byte[] model, int times)
    {
        for (int time = 0; time < times; time++) InferenceSession.Load(model).Dispose();
    }

    private static InferenceSession Affine() => InferenceSession.Load(Fixture.Bytes("affine"));

    private static Dictionary<string, OnnxTensor> Rows(int count) => new() { ["x"] = OnnxTensor.Create(new float[3 * count], count, 3) };

    private static long AllocatedBy(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static long ResidentBytes()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return Environment.WorkingSet;
    }
}
