using System.Collections.Immutable;
using Coppice.Search;

namespace Coppice.Tests.Search;

public sealed class MemoizingEvaluatorTests
{
    [Fact]
    public async Task Memo_evaluates_each_distinct_genome_once_within_and_across_batches()
    {
        var inner = new FunctionEvaluator<int>(genome => new(genome, cost: 1));
        var memo = new MemoizingEvaluator<int>(inner);

        var first = await memo.EvaluateAsync([3, 1, 3], CancellationToken.None);
        var second = await memo.EvaluateAsync([1, 2, 3], CancellationToken.None);

        Assert.Equal([3, 1, 3], first.Select(evaluation => evaluation.Fitness));
        Assert.Equal([1, 2, 3], second.Select(evaluation => evaluation.Fitness));
        Assert.Equal([3, 1, 2], inner.Evaluated);
        Assert.Equal((3, 3), (memo.Hits, memo.Misses));
    }

    [Fact]
    public async Task Memo_knows_equal_genomes_that_are_different_objects()
    {
        var inner = new FunctionEvaluator<BitGenome>(genome => new(genome[0].Count, cost: 1));
        var memo = new MemoizingEvaluator<BitGenome>(inner);

        await memo.EvaluateAsync([BitGenome.Parse("101|1"), BitGenome.AllOnes(3, 1).Replace(0, BitString.Parse("101"))], CancellationToken.None);

        Assert.Single(inner.Evaluated);
    }

    [Fact]
    public async Task Memo_asks_nothing_when_all_is_known()
    {
        var inner = new FunctionEvaluator<int>(genome => Evaluation.Failed($"no {genome}"));
        var memo = new MemoizingEvaluator<int>(inner);

        await memo.EvaluateAsync([1], CancellationToken.None);
        var again = await memo.EvaluateAsync([1, 1], CancellationToken.None);

        Assert.Single(inner.Batches);
        Assert.Equal(["no 1", "no 1"], again.Select(evaluation => evaluation.FailureReason));
    }

    [Fact]
    public async Task Memo_is_not_poisoned_by_an_exception()
    {
        bool broken = true;
        var inner = new FunctionEvaluator<int>(genome => broken && genome == 2 ? throw new IOException("disk full") : new(genome, cost: 1));
        var memo = new MemoizingEvaluator<int>(inner);

        await Assert.ThrowsAsync<IOException>(async () => await memo.EvaluateAsync([1, 2], CancellationToken.None));
        Assert.Equal((0, 0), (memo.Hits, memo.Misses));
        broken = false;
        var evaluations = await memo.EvaluateAsync([1, 2], CancellationToken.None);

        Assert.Equal([1, 2], evaluations.Select(evaluation => evaluation.Fitness));
        Assert.Equal((0, 2), (memo.Hits, memo.Misses));
    }

    [Fact]
    public async Task Memo_is_not_poisoned_by_a_cancellation_half_way()
    {
        using var cancellation = new CancellationTokenSource();
        var inner = new CancelledHalfWay(cancellation);
        var memo = new MemoizingEvaluator<int>(inner);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await memo.EvaluateAsync([1, 2], cancellation.Token));
        var evaluations = await memo.EvaluateAsync([1, 2], CancellationToken.None);

        Assert.Equal([1, 2], evaluations.Select(evaluation => evaluation.Fitness));
        Assert.Equal(2, memo.Misses);
    }

    [Fact]
    public async Task Memo_refuses_an_evaluator_that_loses_a_candidate()
    {
        var memo = new MemoizingEvaluator<int>(new Forgetful());

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(async () => await memo.EvaluateAsync([1, 2], CancellationToken.None));

        Assert.Equal("Forgetful gave 1 evaluations for 2 genomes; an evaluator must give one per genome, in order.", fault.Message);
        Assert.Equal(0, memo.Misses);
    }

    private sealed class CancelledHalfWay(CancellationTokenSource source) : IFitnessEvaluator<int>
    {
        public async ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<int> genomes, CancellationToken cancellationToken)
        {
            await source.CancelAsync();
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            return [.. genomes.Select(genome => new Evaluation(genome, cost: 1))];
        }
    }

    private sealed class Forgetful : IFitnessEvaluator<int>
    {
        public ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<int> genomes, CancellationToken cancellationToken) =>
            ValueTask.FromResult<ImmutableArray<Evaluation>>([.. genomes.Skip(1).Select(genome => new Evaluation(genome, cost: 1))]);
    }
}
