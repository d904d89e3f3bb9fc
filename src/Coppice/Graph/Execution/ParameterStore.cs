using Coppice.Graph.Operators;
using Coppice.Tensors;

namespace Coppice.Graph.Execution;

/// <summary>The parameters of a program on its device, by name: learned ones, statistics and other constants. Owns the tensors.</summary>
internal sealed class ParameterStore : IDisposable
{
    private readonly Network _network;
    private readonly Dictionary<string, Tensor> _tensors = [];
    private readonly Dictionary<string, Tensor> _cast = [];

    public ParameterStore(Network network, ProgramOptions options)
    {
        _network = network;
        Roles = new ParameterRoles(network);
        try
        {
            Load(options);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ParameterRoles Roles { get; }

    /// <summary>The parameter in single precision.</summary>
    public Tensor Master(string name) => _tensors[name];

    /// <summary>The parameter in the precision of activations; in training it is cast anew, so that gradients reach the master copy.</summary>
    public Tensor InPrecision(string name, Precision precision) =>
        precision == Precision.Float32 ? _tensors[name] : _cast.GetValueOrDefault(name) ?? _tensors[name].To(DType.BFloat16);

    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>The network with the present values of some parameters, in the types that the file has them in.</summary>
    public Network Capture(IEnumerable<string> names) =>
        _network.WithParameters(names.ToDictionary(name => name, name => _network.Parameters[name].WithFloats(_tensors[name].ToArray<float>())));

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values.Concat(_cast.Values))
        {
            tensor.Dispose();
        }
    }

    private void Load(ProgramOptions options)
    {
        foreach (string name in Roles.OnDevice)
        {
            _tensors.Add(name, Load(name, options));
        }

        if (options.Mode == ExecutionMode.Training)
        {
            foreach (string name in Roles.Learned)
            {
                _tensors[name].RequiresGrad = true;
            }
        }
        else if (options.Precision == Precision.BFloat16)
        {
            foreach (string name in Roles.Cast)
            {
                _cast.Add(name, _tensors[name].To(DType.BFloat16).Keep());
            }
        }
    }

    private Tensor Load(string name, ProgramOptions options)
    {
        var value = _network.Parameters[name];
        using var scope = new TensorScope();
        var tensor = HostTensors.Load(value) ?? throw new UnsupportedModelException(
            $"Cannot execute the network: parameter '{name}' has element type {value.Type}; this version executes floating-point weights, so export it in single or half precision.");
        if (Roles.ConvolutionWeights.Contains(name))
        {
            // A copy in channels_last order rather than a conversion: with one input channel the two orders coincide and a conversion would change nothing.
            tensor = tensor.Clone(MemoryFormat.ChannelsLast);
        }

        return tensor.To(options.Device).Keep();
    }
}
