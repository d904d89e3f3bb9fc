"""Gates of channels as PyTorch differentiates them, in double precision.

taylor_oracle.py MODEL SHAPE LABELS VALUE...   MODEL is an ONNX file whose one input is fed sin(0.37 i) of SHAPE (1x3x8x8), LABELS are comma-separated classes. For each VALUE, a value
                                               of the graph, prints the derivative of the mean cross-entropy by a gate of 1 that multiplies each of its channels, one line a value.
                                               Batch normalisations use the statistics of the batch.
"""
import sys

import onnx
import torch
from onnx import helper, numpy_helper

import onnx_oracle
import training_oracle


def main(path, shape, labels, gated):
    graph = onnx.load(path).graph
    values = {t.name: torch.tensor(numpy_helper.to_array(t)) for t in graph.initializer}
    values = {name: value.double() if value.is_floating_point() else value for name, value in values.items()}
    extents = [int(extent) for extent in shape.split("x")]
    values[graph.input[0].name] = (torch.arange(torch.tensor(extents).prod().item()).double() * 0.37).sin().reshape(extents)
    operators = dict(onnx_oracle.OPERATORS, BatchNormalization=training_oracle.normalise)
    gates = {}
    for node in graph.node:
        attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        value = operators[node.op_type]([values[name] for name in node.input], attributes)
        if node.output[0] in gated:
            gates[node.output[0]] = torch.ones(value.shape[1], dtype=torch.double, requires_grad=True)
            value = value * gates[node.output[0]].reshape([1, -1] + [1] * (value.dim() - 2))
        values[node.output[0]] = value
    torch.nn.functional.cross_entropy(values[graph.output[0].name], torch.tensor([int(label) for label in labels.split(",")])).backward()
    for name in gated:
        print(" ".join(repr(number) for number in gates[name].grad.tolist()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
