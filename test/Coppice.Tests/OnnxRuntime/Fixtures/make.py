"""Writes the small ONNX files beside this script. Run it with an interpreter that has the onnx package: /usr/bin/python3 make.py"""
import pathlib

import numpy
from onnx import TensorProto, checker, helper, numpy_helper, save

HERE = pathlib.Path(__file__).parent


def tensor(name, element_type, shape):
    return helper.make_tensor_value_info(name, element_type, shape)


def write(name, nodes, inputs, outputs, initializers=(), valid=True):
    graph = helper.make_graph(nodes, name, inputs, outputs, [numpy_helper.from_array(array, key) for key, array in initializers])
    model = helper.make_model(graph, producer_name="coppice-tests", opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    if valid:
        checker.check_model(model)
    save(model, str(HERE / f"{name}.onnx"))


def affine():
    """scores = x W + b; positive = max(scores, 0); total = the sum of positive, a scalar."""
    weights = [("W", numpy.array([[1, 2], [3, 4], [5, 6]], numpy.float32)), ("b", numpy.array([-10, 1], numpy.float32))]
    nodes = [
        helper.make_node("MatMul", ["x", "W"], ["product"]),
        helper.make_node("Add", ["product", "b"], ["scores"]),
        helper.make_node("Relu", ["scores"], ["positive"]),
        helper.make_node("ReduceSum", ["positive"], ["total"], keepdims=0),
    ]
    outputs = [tensor("scores", TensorProto.FLOAT, ["N", 2]), tensor("positive", TensorProto.FLOAT, ["N", 2]), tensor("total", TensorProto.FLOAT, [])]
    write("affine", nodes, [tensor("x", TensorProto.FLOAT, ["N", 3])], outputs, weights)


def types():
    """Every element type passed through, and computed with, so that a wrong width would show."""
    nodes, inputs, outputs = [], [], []
    for name in ("float", "uint8", "int8", "uint16", "int16", "int32", "int64", "bool", "float16", "double", "uint32", "uint64"):
        element_type = getattr(TensorProto, name.upper())
        inputs.append(tensor(name, element_type, [3]))
        nodes.append(helper.make_node("Identity", [name], [f"{name}_same"]))
        nodes.append(helper.make_node("Cast", [name], [f"{name}_number"], to=TensorProto.DOUBLE))
        outputs += [tensor(f"{name}_same", element_type, [3]), tensor(f"{name}_number", TensorProto.DOUBLE, [3])]
    write("types", nodes, inputs, outputs)


def reshape():
    """Fails while it runs if the shape does not fit; its axes have no names."""
    node = helper.make_node("Reshape", ["x", "shape"], ["y"])
    write("reshape", [node], [tensor("x", TensorProto.FLOAT, [None]), tensor("shape", TensorProto.INT64, [2])], [tensor("y", TensorProto.FLOAT, [None, None])])


def sequence():
    """Its output is no tensor."""
    node = helper.make_node("SequenceConstruct", ["x"], ["list"])
    write("sequence", [node], [tensor("x", TensorProto.FLOAT, [1])], [helper.make_tensor_sequence_value_info("list", TensorProto.FLOAT, [1])])


def unknown_operator():
    """Asks for an operator that does not exist."""
    node = helper.make_node("Frobnicate", ["x"], ["y"])
    write("unknown-operator", [node], [tensor("x", TensorProto.FLOAT, [1])], [tensor("y", TensorProto.FLOAT, [1])], valid=False)


if __name__ == "__main__":
    affine()
    types()
    reshape()
    sequence()
    unknown_operator()
