"""Writes files as other exporters do, and says what the reference implementation of ONNX finds in files.

external FORM OUT    a network whose tensors lie in other files: all in "one", "each" in its own, or also those of "attributes" and sub-graphs
typed FORM OUT       a residual network in "half" precision, with "cast" nodes around half precision, in "bf16" or in "double" precision
opsets FOLDER        one small network for every operator set from 7 on that python3-onnx knows, in the forms of that time; prints the numbers
tensors FILE         name, type, shape and SHA-256 of the bytes of every tensor of a file, sub-graphs included, sorted
round TYPE IN OUT    raw single-precision numbers rounded to "half" or "bf16"
"""
import hashlib
import sys

import numpy
import onnx
from onnx import TensorProto, external_data_helper, helper, numpy_helper


class Graph:
    """Nodes one after the other, each named after the value that it writes; weights from a fixed seed, stored in one element type."""

    def __init__(self, number=TensorProto.FLOAT):
        self.number, self.nodes, self.weights = number, [], []
        self.random = numpy.random.RandomState(7)

    def weight(self, name, *shape, low=-1.0, high=1.0):
        return self.constant(name, self.random.uniform(low, high, shape).astype(numpy.float32), self.number)

    def constant(self, name, values, number):
        if number == TensorProto.BFLOAT16:
            bits = numpy.asarray(values, numpy.float32).view(numpy.uint32)
            raw = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(numpy.uint16).tobytes()
            self.weights.append(helper.make_tensor(name, number, values.shape, raw, raw=True))
        else:
            kind = {TensorProto.FLOAT: numpy.float32, TensorProto.FLOAT16: numpy.float16, TensorProto.DOUBLE: numpy.float64, TensorProto.INT64: numpy.int64}[number]
            self.weights.append(numpy_helper.from_array(numpy.asarray(values).astype(kind), name))
        return name

    def integers(self, name, *values):
        return self.constant(name, numpy.array(values), TensorProto.INT64)

    def node(self, kind, name, *inputs, **attributes):
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name="node_" + name, **attributes))
        return name

    def conv(self, name, x, channels, filters, kernel=3):
        pad = kernel // 2
        return self.node("Conv", name, x, self.weight(name + ".weight", filters, channels, kernel, kernel, low=-0.5, high=0.5), kernel_shape=[kernel, kernel], pads=[pad] * 4)

    def norm(self, name, x, channels, **attributes):
        vectors = [self.weight(f"{name}.{part}", channels, low=low, high=high) for part, low, high in
                   (("scale", 0.5, 1.5), ("shift", -0.5, 0.5), ("mean", -0.5, 0.5), ("var", 0.5, 1.5))]
        return self.node("BatchNormalization", name, x, *vectors, epsilon=1e-3, **attributes)

    def classify(self, name, x, channels, classes):
        flat = self.node("Flatten", name + "_flat", self.node("GlobalAveragePool", name + "_mean", x), axis=1)
        return self.node("Gemm", name, flat, self.weight(name + ".weight", classes, channels), self.weight(name + ".bias", classes), transB=1)

    def model(self, output, classes, opset, number=None, extents=(3, 8, 8)):
        number = number or self.number
        graph = helper.make_graph(self.nodes, "net", [helper.make_tensor_value_info("x", number, ["n", *extents])],
                                  [helper.make_tensor_value_info(output, number, ["n", classes])], self.weights)
        versions = {row[2]: row[1] for row in helper.VERSION_TABLE} if hasattr(helper, "VERSION_TABLE") else {}
        ir = max(3, min(8, versions.get(opset, 8)))
        if ir < 4:  # the oldest formats declare parameters as inputs
            graph.input.extend(helper.make_tensor_value_info(w.name, w.data_type, list(w.dims)) for w in self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir)


def residual(g, x):
    stem = g.node("Relu", "stem_relu", g.norm("stem_bn", g.conv("stem", x, 3, 8), 8))
    inner = g.node("Relu", "a_relu", g.norm("a_bn", g.conv("a", stem, 8, 12), 12))
    total = g.node("Add", "sum", g.norm("b_bn", g.conv("b", inner, 12, 8), 8), stem)
    return g.node("Relu", "sum_relu", total)


def external(form, path):
    g = Graph()
    features = residual(g, "x")
    if form == "attributes":
        factor = helper.make_node("Constant", [], ["factor"], value=numpy_helper.from_array(numpy.full((1, 8, 1, 1), 1.5, numpy.float32), "factor.value"))
        shifted = helper.make_graph(
            [helper.make_node("Constant", [], ["two"], value=numpy_helper.from_array(numpy.full((1, 8, 1, 1), 2, numpy.float32), "two.value")),
             helper.make_node("Add", ["sum_relu", "offset"], ["moved"]), helper.make_node("Mul", ["moved", "two"], ["then_out"])],
            "then", [], [helper.make_tensor_value_info("then_out", TensorProto.FLOAT, ["n", 8, 8, 8])],
            [numpy_helper.from_array(numpy.arange(8 * 64, dtype=numpy.float32).reshape(1, 8, 8, 8) / 64, "offset")])
        other = helper.make_graph([helper.make_node("Identity", ["sum_relu"], ["else_out"])], "else", [], [helper.make_tensor_value_info("else_out", TensorProto.FLOAT, ["n", 8, 8, 8])])
        g.weights.append(numpy_helper.from_array(numpy.array(True), "yes"))
        g.nodes.append(factor)
        g.nodes.append(helper.make_node("If", ["yes"], ["chosen"], name="choose", then_branch=shifted, else_branch=other))
        features = g.node("Mul", "scaled", "chosen", "factor")
    model = g.model(g.classify("logits", features, 8, 10), 10, 13)
    onnx.checker.check_model(model)
    onnx.save_model(model, path, save_as_external_data=True, all_tensors_to_one_file=form != "each", size_threshold=0, convert_attribute=form == "attributes",
                    location=None if form == "each" else "weights.bin")


def typed(form, path):
    number = {"half": TensorProto.FLOAT16, "cast": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16, "double": TensorProto.DOUBLE}[form]
    g = Graph(number)
    x = g.node("Cast", "narrow", "x", to=number) if form == "cast" else "x"
    features = residual(g, x)
    limit = [g.constant("low", numpy.array(0.0), number), g.constant("high", numpy.array(6.0), number)]
    logits = g.classify("logits", g.node("Clip", "clip", features, *limit), 8, 10)
    if form == "cast":
        logits = g.node("Cast", "wide", logits, to=TensorProto.FLOAT)
    onnx.save(g.model(logits, 10, 15, TensorProto.FLOAT if form == "cast" else number), path)


def of_opset(opset):
    """The forms of that operator set: what is an attribute in an early one is an input in a later one."""
    g = Graph()
    early = {"spatial": 1} if opset < 9 else {}
    x = g.node("Relu", "stem_relu", g.norm("stem_bn", g.conv("stem", "x", 3, 8), 8, **early))
    x = g.conv("mid", x, 8, 12, kernel=1)
    if opset < 11:
        x = g.node("Clip", "clip", x, min=0.0, max=6.0)
        x = g.node("Pad", "pad", x, pads=[0, 0, 1, 1, 0, 0, 1, 1], value=0.5)
    else:
        x = g.node("Clip", "clip", x, g.constant("low", numpy.array(0.0), TensorProto.FLOAT), g.constant("high", numpy.array(6.0), TensorProto.FLOAT))
        x = g.node("Pad", "pad", x, g.integers("pads", 0, 0, 1, 1, 0, 0, 1, 1), g.constant("half", numpy.array(0.5), TensorProto.FLOAT))
    if opset < 10:
        x = g.node("Slice", "slice", x, starts=[1, 0], ends=[9, 2147483647], axes=[2, 3])
    else:
        x = g.node("Slice", "slice", x, g.integers("starts", 1, 0), g.integers("ends", 9, 2147483647), g.integers("axes", 2, 3), g.integers("steps", 1, 1))
    x = g.node("MaxPool", "pool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = g.node("Dropout", "drop", x, **({"ratio": 0.25} if opset < 12 else {})) if opset < 12 else g.node("Dropout", "drop", x, g.constant("ratio", numpy.array(0.25), TensorProto.FLOAT))
    x = g.node("ReduceMean", "mean", x, axes=[2, 3], keepdims=1) if opset < 18 else g.node("ReduceMean", "mean", x, g.integers("mean_axes", 2, 3), keepdims=1)
    x = g.node("Reshape", "flat", x, g.integers("shape", 0, -1))
    x = g.node("Gemm", "hidden", x, g.weight("hidden.weight", 12, 6), g.weight("hidden.bias", 6))
    x = g.node("Softmax", "probabilities", g.node("Gemm", "logits", g.node("Relu", "hidden_relu", x), g.weight("logits.weight", 5, 6), g.weight("logits.bias", 5), transB=1), axis=1)
    return g.model(x, 5, opset)


def opsets(folder):
    numbers = range(7, onnx.defs.onnx_opset_version() + 1)
    for opset in numbers:
        model = of_opset(opset)
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, f"{folder}/opset{opset}.onnx")
    print(*numbers)


def tensors_of(graph):
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                tensor = TensorProto()
                tensor.CopyFrom(attribute.t)
                tensor.name = tensor.name or node.output[0]
                yield tensor
            if attribute.HasField("g"):
                yield from tensors_of(attribute.g)


def tensors(path):
    lines = []
    for tensor in tensors_of(onnx.load(path).graph):
        raw = tensor.raw_data or numpy_helper.to_array(tensor).tobytes()
        lines.append(f"{tensor.name} {TensorProto.DataType.Name(tensor.data_type)} {list(tensor.dims)} {hashlib.sha256(raw).hexdigest()}")
    print("\n".join(sorted(lines)))


def round_to(kind, source, target):
    values = numpy.fromfile(source, numpy.float32)
    if kind == "half":
        with numpy.errstate(over="ignore"):
            values.astype(numpy.float16).tofile(target)
    else:
        import torch
        torch.from_numpy(values).to(torch.bfloat16).view(torch.int16).numpy().tofile(target)


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    {"external": external, "typed": typed, "opsets": opsets, "tensors": tensors, "round": round_to}[command](*arguments)
