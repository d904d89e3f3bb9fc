"""Exports networks of torchvision with random weights to ONNX, as a user would: eval mode, so that batch normalisation is folded, and a batch of any size.

  export_torchvision.py list                 names, one per line: classifiers, then segmenters and detectors
  export_torchvision.py NAME FILE.onnx       writes the file and prints one line of JSON: name, kind, input, macs (multiply-accumulates of convolutions and fully connected
                                             layers for one image, counted by hooks; null where attention hides some) and parameters
"""

import json
import sys
import warnings

warnings.filterwarnings("ignore")

import torch
import torchvision
from torchvision import models

SEGMENTERS = sorted(models.list_models(module=models.segmentation))
DETECTORS = sorted(models.list_models(module=models.detection))
CLASSIFIERS = sorted(models.list_models(module=models))
NO_WEIGHTS = {"weights": None}


def main():
    if sys.argv[1:] == ["list"]:
        print("\n".join(CLASSIFIERS + SEGMENTERS + DETECTORS))
        return
    name, path = sys.argv[1:]
    torch.manual_seed(1)
    network = build(name)
    images = torch.randn(2, 3, *[extent(name)] * 2)
    wake(network)
    settle(network, images)
    network.eval()
    macs, shared = count(network, images[:1])
    export(name, network, images[:1], path)
    print(json.dumps({
        "name": name,
        "kind": "classifier" if name in CLASSIFIERS else "segmenter" if name in SEGMENTERS else "detector",
        "input": list(images[:1].shape),
        "macs": None if shared or name in DETECTORS else macs,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
    }))


def build(name):
    keywords = dict(NO_WEIGHTS)
    if name not in CLASSIFIERS:
        keywords["weights_backbone"] = None
    if name in ("googlenet", "inception_v3"):
        keywords |= {"aux_logits": False, "init_weights": False}
    return models.get_model(name, **keywords)


def extent(name):
    return {"inception_v3": 299, "vit_h_14": 224, "swin_v2_t": 256, "swin_v2_s": 256, "swin_v2_b": 256}.get(name, 224)


def wake(network):
    """Vision transformers begin with a classifier of zeros, behind which every network looks like every other."""
    for module in network.modules():
        if isinstance(module, torch.nn.Linear) and not module.weight.any():
            torch.nn.init.normal_(module.weight, std=module.in_features**-0.5)


def settle(network, images):
    """Gives batch normalisations the statistics of random images, so that a deep network with random weights neither dies nor overflows."""
    norms = [module for module in network.modules() if isinstance(module, torch.nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    for norm in norms:
        norm.momentum = 1.0
    network.train()
    with torch.no_grad():
        network(*([list(images), [target(images) for _ in images]] if hasattr(network, "transform") else [images]))


def target(images):
    """What a detector is trained to find in an image; any box will do."""
    height, width = images.shape[-2:]
    return {
        "boxes": torch.tensor([[0.2 * width, 0.2 * height, 0.8 * width, 0.7 * height]]),
        "labels": torch.tensor([1]),
        "masks": torch.ones(1, height, width, dtype=torch.uint8),
        "keypoints": torch.rand(1, 17, 3) * width,
    }


def count(network, image):
    """Multiply-accumulates by the definition: output elements times weights of one filter. The second result says whether attention computes some that no hook sees."""
    total = 0

    def convolution(module, inputs, output):
        nonlocal total
        total += output.numel() * module.weight[0].numel()

    def linear(module, inputs, output):
        nonlocal total
        total += output.numel() * module.in_features

    hidden = False
    handles = []
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            handles.append(module.register_forward_hook(convolution))
        elif isinstance(module, torch.nn.Linear):
            handles.append(module.register_forward_hook(linear))
        hidden |= "ttention" in type(module).__name__
    with torch.no_grad():
        network(image)
    for handle in handles:
        handle.remove()
    return total, hidden


def export(name, network, image, path):
    # Swin v2 clears a part of its bias; torch's exporter has no word for that.
    torch.onnx.register_custom_op_symbolic("aten::zero", lambda graph, value: graph.op("Sub", value, value), 13)
    outputs = {"output": {0: "N"}} if name in CLASSIFIERS else None
    axes = {"input": {0: "N"}, **outputs} if outputs else {"input": {0: "N"}} if name in SEGMENTERS else None
    torch.onnx.export(
        network, image, path, opset_version=13, input_names=["input"], output_names=["output"] if outputs else None, dynamic_axes=axes)


main()
