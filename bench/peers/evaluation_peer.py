"""The python3-torch side of `bench/run peers`: scores pruned candidates of a CIFAR ResNet the way that the published codes describe: for each candidate a network is built anew with the widths that
stay, weights are copied filter by filter in Python loops, and all images go through all of it, eagerly and in fp32.

Usage: evaluation_peer.py THREADS FOLDER. The folder holds network.onnx (weights by torch's names), scored.f32, labels.i64 and recalibration.f32 (raw, N x C x H x W), and sizes.json
with their shapes. Each line on standard input is JSON: {"layout": "nchw" or "cl", "recalibrate": true or false, "candidates": [{"layer1.0.conv1": [kept channels], ...}, ...]}; the answer is one line of JSON:
milliseconds and mean loss of each candidate. The other process waits meanwhile, so that the two never share the cores.
"""
import json
import pathlib
import sys
import time

import numpy
import onnx
import onnx.numpy_helper
import torch
import torch.nn as nn
import torch.nn.functional as functional

EVALUATION_BATCH = 256


class Block(nn.Module):
    def __init__(self, channels_in, inner, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, inner, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.added = channels - channels_in if stride > 1 else 0

    def forward(self, x):
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        if self.added:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.added // 2, self.added - self.added // 2))
        return functional.relu(y + x)


class ResNet(nn.Module):
    """Three stages of equally many blocks, option A; the inner width of each block is given."""

    def __init__(self, weights, inner):
        super().__init__()
        width, colours = weights["conv1.weight"].shape[:2]
        blocks = sum(name.startswith("layer1.") and name.endswith(".conv1.weight") for name in weights)
        self.conv1 = nn.Conv2d(colours, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        channels = width
        for stage in range(3):
            layer = []
            for i in range(blocks):
                layer.append(Block(channels, inner[f"layer{stage + 1}.{i}.conv1"], width << stage, 2 if i == 0 and stage > 0 else 1))
                channels = width << stage
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        self.fc = nn.Linear(channels, weights["fc.weight"].shape[0])

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


def inner_groups(weights):
    return [name.removesuffix(".weight") for name in weights if name.startswith("layer") and name.endswith(".conv1.weight")]


def rebuilt(weights, candidate):
    """The candidate's network with the weights of the filters that stay, copied one by one."""
    kept = {group: candidate.get(group, list(range(weights[f"{group}.weight"].shape[0]))) for group in inner_groups(weights)}
    network = ResNet(weights, {group: len(channels) for group, channels in kept.items()})
    state = network.state_dict()
    with torch.no_grad():
        for name, target in state.items():
            if name.endswith("num_batches_tracked"):
                continue
            source = weights[name]
            block, _, part = name.rpartition(".")[0].rpartition(".")
            channels = kept.get(f"{block}.conv1")
            if channels is None or part == "bn2":
                target.copy_(source)
            elif part == "conv2":
                for new, old in enumerate(channels):
                    target[:, new] = source[:, old]
            else:
                for new, old in enumerate(channels):
                    target[new] = source[old]
    return network


def score(network, images, labels, recalibration, recalibrate):
    with torch.no_grad():
        if recalibrate:
            network.train()
            for norm in (module for module in network.modules() if isinstance(module, nn.BatchNorm2d)):
                norm.reset_running_stats()
                norm.momentum = None  # the plain mean over batches
            for batch in recalibration:
                network(batch)
        network.eval()
        loss = 0.0
        for start in range(0, len(images), EVALUATION_BATCH):
            batch = slice(start, start + EVALUATION_BATCH)
            loss += functional.cross_entropy(network(images[batch]), labels[batch], reduction="sum").item()
    return loss / len(images)


def main():
    torch.set_num_threads(int(sys.argv[1]))
    folder = pathlib.Path(sys.argv[2])
    sizes = json.loads((folder / "sizes.json").read_text())
    model = onnx.load(str(folder / "network.onnx"))
    weights = {entry.name: torch.from_numpy(onnx.numpy_helper.to_array(entry).copy()) for entry in model.graph.initializer}

    def load(name):
        return torch.from_numpy(numpy.fromfile(folder / f"{name}.f32", numpy.float32).reshape(sizes[name]))

    labels = torch.from_numpy(numpy.fromfile(folder / "labels.i64", numpy.int64))
    images = {"nchw": load("scored")}
    images["cl"] = images["nchw"].contiguous(memory_format=torch.channels_last)
    recalibration = {layout: load("recalibration") for layout in images}
    print("ready", torch.__version__, flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        durations, losses = [], []
        for candidate in task["candidates"]:
            start = time.perf_counter()
            network = rebuilt(weights, candidate)
            batches = recalibration[task["layout"]].split(sizes["recalibration_batch"])
            if task["layout"] == "cl":
                network = network.to(memory_format=torch.channels_last)
                batches = [batch.contiguous(memory_format=torch.channels_last) for batch in batches]
            losses.append(score(network, images[task["layout"]], labels, batches, task["recalibrate"]))
            durations.append(1000 * (time.perf_counter() - start))
        print(json.dumps({"milliseconds": durations, "losses": losses}), flush=True)


if __name__ == "__main__":
    main()
