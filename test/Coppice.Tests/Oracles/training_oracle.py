"""A few training steps of an ONNX network as PyTorch does them, in double precision.

training_oracle.py JOB   JOB is a JSON file: model (ONNX), images (raw float32), shape, labels, learned and statistics (names of parameters), rate, momentum,
                         decay, smoothing, steps, out. Writes raw float64 to out: the loss of each step, the gradients of the first step, then what the learned
                         parameters and the statistics are after the last one, each in the order of the names.
"""
import array
import json
import sys

import onnx
import torch
from onnx import helper, numpy_helper

import onnx_oracle


def normalise(x, a):
    return torch.nn.functional.batch_norm(x[0], x[3], x[4], x[1], x[2], True, 1 - a.get("momentum", 0.9), a.get("epsilon", 1e-5))


def forward(graph, values):
    operators = dict(onnx_oracle.OPERATORS, BatchNormalization=normalise)
    for node in graph.node:
        attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        values[node.output[0]] = operators[node.op_type]([values[name] for name in node.input], attributes)
    return values[graph.output[0].name]


def main(job):
    graph = onnx.load(job["model"]).graph
    parameters = {t.name: torch.tensor(numpy_helper.to_array(t)) for t in graph.initializer}
    parameters = {name: value.double() if value.is_floating_point() else value for name, value in parameters.items()}
    images = array.array("f", open(job["images"], "rb").read())
    values = dict(parameters)
    values[graph.input[0].name] = torch.tensor(images).double().reshape(job["shape"])
    labels = torch.tensor(job["labels"])
    learned = [parameters[name].requires_grad_() for name in job["learned"]]
    groups = [{"params": [p for p in learned if p.dim() > 1], "weight_decay": job["decay"]}, {"params": [p for p in learned if p.dim() <= 1], "weight_decay": 0}]
    optimizer = torch.optim.SGD([g for g in groups if g["params"]], lr=job["rate"], momentum=job["momentum"], nesterov=True)
    losses, gradients = [], []
    for _ in range(job["steps"]):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(forward(graph, dict(values)), labels, label_smoothing=job["smoothing"])
        loss.backward()
        gradients = gradients or [p.grad.clone() for p in learned]
        optimizer.step()
        losses.append(loss.item())
    results = gradients + learned + [parameters[name] for name in job["statistics"]]
    with open(job["out"], "wb") as out:
        array.array("d", losses + [number for tensor in results for number in tensor.detach().flatten().tolist()]).tofile(out)


if __name__ == "__main__":
    main(json.load(open(sys.argv[1])))
