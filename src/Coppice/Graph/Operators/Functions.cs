using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>The functions of one element, by their ONNX operator type; f(0) = 0 where the second column says so. Attributes default as in the operators' specification.</summary>
internal static class Functions
{
    public static Operator[] All =>
    [
        new Function("Abs", true, (x, _) => x.Abs()),
        new Function("Ceil", true, (x, _) => x.Ceiling()),
        new Function("Celu", true, (x, a) => Celu(x, a.Float("alpha", 1))),
        new Function("Elu", true, (x, a) => x.Elu(a.Float("alpha", 1))),
        new Function("Erf", true, (x, _) => x.Erf()),
        new Function("Exp", false, (x, _) => x.Exp()),
        new Function("Floor", true, (x, _) => x.Floor()),
        new Function("Gelu", true, (x, a) => x.Gelu(a.Text("approximate", "none"))),
        new Function("HardSigmoid", false, (x, a) => HardSigmoid(x, a.Float("alpha", 0.2f), a.Float("beta", 0.5f))),
        new Function("HardSwish", true, (x, _) => x.Multiply(HardSigmoid(x, 1.0 / 6, 0.5))),
        new Function("LeakyRelu", true, (x, a) => x.LeakyRelu(a.Float("alpha", 0.01f))),
        new Function("Log", false, (x, _) => x.Log()),
        new Function("Mish", true, (x, _) => x.Multiply(x.Softplus().Tanh())),
        new Function("Neg", true, (x, _) => x.Negate()),
        new Function("Reciprocal", false, (x, _) => x.Reciprocal()),
        new Function("Round", true, (x, _) => x.Round()),
        new Function("Selu", true, (x, a) => x.Elu(a.Float("alpha", 1.67326319217681884765625f), a.Float("gamma", 1.05070102214813232421875f))),
        new Function("Sigmoid", false, (x, _) => x.Sigmoid()),
        new Function("Sign", true, (x, _) => x.Sign()),
        new Function("Softplus", false, (x, _) => x.Softplus()),
        new Function("Softsign", true, (x, _) => x.Divide(x.Abs().Add(1))),
        new Function("Sqrt", true, (x, _) => x.Sqrt()),
        new Function("Tanh", true, (x, _) => x.Tanh()),
        new Function("ThresholdedRelu", false, (x, a) => Thresholded(x, a.Float("alpha", 1))),
    ];

    /// <summary>max(0, x) + min(0, α (exp(x / α) − 1)).</summary>
    private static Tensor Celu(Tensor x, double alpha) => x.Relu().Add(x.Divide(alpha).Exp().Subtract(1).Multiply(alpha).Clamp(null, 0));

    /// <summary>max(0, min(1, α x + β)).</summary>
    private static Tensor HardSigmoid(Tensor x, double alpha, double beta) => x.Multiply(alpha).Add(beta).Clamp(0, 1);

    /// <summary>x where x &gt; α, else 0.</summary>
    private static Tensor Thresholded(Tensor x, double alpha) => Tensor.Scalar(alpha, x.DType).To(x.Device).Lt(x).Where(x, x.ZerosLike());
}
