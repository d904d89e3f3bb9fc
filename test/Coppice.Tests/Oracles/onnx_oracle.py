"""What the reference implementation of ONNX says of files.

check FILE...        the full checker and strict shape inference accept every file; prints "ok"
shapes FILE          name and inferred shape of every value, one per line, "name 1x3x32x32"
evaluate FILE...     outputs of each graph for the input sin(0.37 i), one line a file, computed with PyTorch in double precision
resnet OUT           writes a small residual network as PyTorch exports it (opset 13, weights from seed 1)
decorated OUT        writes a model that uses what few files use
"""
import sys


def check(paths):
    import onnx
    for path in paths:
        onnx.checker.check_model(path, full_check=True)
        onnx.shape_inference.infer_shapes(onnx.load(path), check_type=True, strict_mode=True, data_prop=True)
    print("ok")


def shapes(path):
    import onnx
    model = onnx.shape_inference.infer_shapes(onnx.load(path), strict_mode=True, data_prop=True)
    for value in list(model.graph.value_info) + list(model.graph.output):
        dims = [str(dim.dim_value) if dim.HasField("dim_value") else "1" for dim in value.type.tensor_type.shape.dim]
        print(value.name, "x".join(dims))


def convolve(x, a):
    import torch
    top, left, bottom, right = a.get("pads", [0, 0, 0, 0])
    padded = torch.nn.functional.pad(x[0], (left, right, top, bottom))
    return torch.nn.functional.conv2d(padded, x[1], x[2] if len(x) > 2 else None, a.get("strides", [1, 1]), 0, a.get("dilations", [1, 1]), a.get("group", 1))


def normalise(x, a):
    import torch
    return torch.nn.functional.batch_norm(x[0], x[3], x[4], x[1], x[2], False, 0.1, a.get("epsilon", 1e-5))


def connect(x, a):
    weight = x[1].T if a.get("transB", 0) else x[1]
    return a.get("alpha", 1.0) * (x[0] @ weight) + (a.get("beta", 1.0) * x[2] if len(x) > 2 else 0)


def cut(x, a):
    starts, ends, axes, steps = ([int(n) for n in t] for t in x[1:5])
    index = [slice(None)] * x[0].dim()
    for start, end, axis, step in zip(starts, ends, axes, steps):
        index[axis] = slice(start, end, step)
    return x[0][tuple(index)]


def pad(x, a):
    import torch
    pads, rank = [int(n) for n in x[1]], x[0].dim()
    inwards = [n for axis in reversed(range(rank)) for n in (pads[axis], pads[axis + rank])]
    return torch.nn.functional.pad(x[0], inwards)


OPERATORS = {
    "Add": lambda x, a: x[0] + x[1],
    "BatchNormalization": normalise,
    "Cast": lambda x, a: x[0],
    "Clip": lambda x, a: x[0].clamp(x[1], x[2]),
    "Concat": lambda x, a: __import__("torch").cat(x, a["axis"]),
    "Conv": convolve,
    "Flatten": lambda x, a: x[0].flatten(a.get("axis", 1)),
    "Gather": lambda x, a: x[0].index_select(a["axis"], x[1].long()),
    "Gemm": connect,
    "MaxPool": lambda x, a: __import__("torch").nn.functional.max_pool2d(x[0], a["kernel_shape"], a.get("strides", [1, 1]), a.get("pads", [0, 0])[0]),
    "AveragePool": lambda x, a: __import__("torch").nn.functional.avg_pool2d(x[0], a["kernel_shape"], a.get("strides", [1, 1])),
    "GlobalAveragePool": lambda x, a: x[0].mean((2, 3), keepdim=True),
    "Mul": lambda x, a: x[0] * x[1],
    "Pad": pad,
    "Relu": lambda x, a: x[0].relu(),
    "Tanh": lambda x, a: x[0].tanh(),
    "Sigmoid": lambda x, a: x[0].sigmoid(),
    "Slice": cut,
}


def evaluate(paths):
    import onnx
    import torch
    from onnx import helper, numpy_helper
    for path in paths:
        graph = onnx.load(path).graph
        values = {t.name: torch.tensor(numpy_helper.to_array(t)).double() for t in graph.initializer}
        for value in graph.input:
            shape = [dim.dim_value or 1 for dim in value.type.tensor_type.shape.dim]
            count = torch.tensor(shape).prod().item()
            values[value.name] = (torch.arange(count).double() * 0.37).sin().reshape(shape)
        for node in graph.node:
            a = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
            values[node.output[0]] = OPERATORS[node.op_type]([values[name] for name in node.input], a)
        print(" ".join(repr(number) for output in graph.output for number in values[output.name].flatten().tolist()))


def resnet(path):
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, width_in, width_out, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(width_in, width_out, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(width_out)
            self.conv2 = nn.Conv2d(width_out, width_out, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(width_out)
            self.shortcut = None
            if stride > 1:
                self.shortcut = nn.Sequential(nn.Conv2d(width_in, width_out, 1, stride, bias=False), nn.BatchNorm2d(width_out))

        def forward(self, x):
            y = torch.relu(self.bn1(self.conv1(x)))
            y = self.bn2(self.conv2(y))
            return torch.relu(y + (x if self.shortcut is None else self.shortcut(x)))

    torch.manual_seed(1)
    net = nn.Sequential(nn.Conv2d(3, 4, 3, 1, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), Block(4, 4, 1), Block(4, 8, 2), Block(8, 8, 1),
                        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)).eval()
    # Not folded, so that the batch normalisations (all alike, which the exporter shares through Identity) stay.
    torch.onnx.export(net, torch.zeros(1, 3, 8, 8), path, opset_version=13, input_names=["image"], output_names=["logits"],
                      dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}}, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)


def decorated(path):
    import numpy
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    number = TensorProto.FLOAT
    branch = helper.make_graph([helper.make_node("Add", ["a", "offset"], ["t"], name="inner")], "then", [], [helper.make_tensor_value_info("t", number, ["n", 2, 4, 4])],
                               [helper.make_tensor("offset", number, [1], [1.0])])
    other = helper.make_graph([helper.make_node("Identity", ["a"], ["e"], name="inner2")], "else", [], [helper.make_tensor_value_info("e", number, ["n", 2, 4, 4])])
    conv = helper.make_node("Conv", ["x", "w"], ["a"], name="conv", doc_string="first of all", kernel_shape=[1, 1])
    conv.attribute[0].doc_string = "one by one"
    nodes = [
        conv,
        helper.make_node("If", ["condition"], ["b"], name="choose", then_branch=branch, else_branch=other),
        helper.make_node("Twice", ["b"], ["c"], domain="local"),
        helper.make_node("Gather", ["names", "index"], ["name"]),
        helper.make_node("Relu", ["c"], ["y"]),
    ]
    w = helper.make_tensor("w", number, [2, 1, 1, 1], [1.5, -2.0])
    w.doc_string = "the weight"
    sparse = helper.make_sparse_tensor(helper.make_tensor("sparse", number, [1], [3.0]), helper.make_tensor("sparse_indices", TensorProto.INT64, [1], [2]), [4])
    graph = helper.make_graph(nodes, "decorated", [helper.make_tensor_value_info("x", number, ["batch", 1, 4, 4]), helper.make_tensor_value_info("condition", TensorProto.BOOL, [])],
                              [helper.make_tensor_value_info("y", number, ["batch", 2, 4, 4]), helper.make_tensor_value_info("name", TensorProto.STRING, [])],
                              [w, helper.make_tensor("names", TensorProto.STRING, [2], [b"cat", b"dog"]), numpy_helper.from_array(numpy.array(1), "index"),
                               helper.make_tensor("half", TensorProto.FLOAT16, [2], [0.5, -1.0]), helper.make_tensor("complex", TensorProto.COMPLEX64, [1], [1 + 2j])],
                              doc_string="about the graph", sparse_initializer=[sparse])
    graph.input[0].doc_string = "an image"
    graph.input[0].type.denotation = "IMAGE"
    graph.input[0].type.tensor_type.shape.dim[0].denotation = "DATA_BATCH"
    graph.quantization_annotation.add(tensor_name="w").quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="index")
    twice = helper.make_function("local", "Twice", ["p"], ["q"], [helper.make_node("Add", ["p", "p"], ["q"])], [helper.make_opsetid("", 15)])
    model = helper.make_model(graph, producer_name="someone", producer_version="3", domain="org.example", model_version=7, doc_string="about the model", functions=[twice],
                              opset_imports=[helper.make_opsetid("local", 1), helper.make_opsetid("", 15)], ir_version=8)
    step = model.training_info.add().algorithm
    step.name = "step"
    helper.set_model_props(model, {"zebra": "1", "ant": "2"})
    onnx.save(model, path)


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command in ("check", "evaluate"):
        {"check": check, "evaluate": evaluate}[command](arguments)
    else:
        {"shapes": shapes, "resnet": resnet, "decorated": decorated}[command](*arguments)
