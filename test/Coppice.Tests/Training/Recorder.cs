using Coppice.Graph;
using Coppice.Training;

namespace Coppice.Tests.Training;

/// <summary>A training hook that changes nothing and writes down what it sees.</summary>
internal sealed class Recorder : ITrainingHook
{
    private readonly List<Dictionary<string, double>> _speeds = [];

    public string Settings => "recorder";

    /// <summary>The network after each epoch, before hooks that come later act on it.</summary>
    public List<Network> Epochs { get; } = [];

    /// <summary>Largest velocity of a parameter before the step of each iteration.</summary>
    public IEnumerable<double> Speeds(string parameter) => _speeds.Select(speeds => speeds[parameter]);

    public TrainingHookRun Begin(HookedTraining training) => new Run(this, training);

    private sealed class Run(Recorder recorder, HookedTraining training) : TrainingHookRun
    {
        public override void AfterBackward() => recorder._speeds.Add(training.Velocities.ToDictionary(entry => entry.Key, entry => entry.Value.Abs().Max().Item()));

        public override void AfterEpoch(int finished) => recorder.Epochs.Add(training.Capture());
    }
}
