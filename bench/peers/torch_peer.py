"""The python3-torch side of `bench/run engine`: waits for commands on standard input and answers with milliseconds per step.

Commands, one per line: `train WIDTH LAYOUT PRECISION STEPS` or `evaluate WIDTH LAYOUT PRECISION STEPS`; WIDTH is the number of channels of the first stage (16 is ResNet-20),
LAYOUT is nchw or cl (channels_last), PRECISION fp32 or bf16 (autocast).
The answer is one line: the duration of each step in milliseconds. The other process waits meanwhile, so that the two never share the cores.
"""
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as functional

TRAINING_BATCH = 128
EVALUATION_BATCH = 256


class PaddedShortcut(nn.Module):
    """Option A: every second pixel, zeros on both sides of the channels."""

    def __init__(self, added):
        super().__init__()
        self.before, self.after = added // 2, added - added // 2

    def forward(self, x):
        return functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.before, self.after))


class BasicBlock(nn.Module):
    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Identity() if stride == 1 else PaddedShortcut(channels - channels_in)

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet20(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        blocks, channels = [], width
        for stage in range(3):
            for i in range(3):
                blocks.append(BasicBlock(channels, width << stage, 2 if i == 0 and stage > 0 else 1))
                channels = width << stage
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(4 * width, 10)

    def forward(self, x):
        x = self.blocks(functional.relu(self.bn1(self.conv1(x))))
        return self.fc(x.mean((2, 3)))


class Peer:
    def __init__(self):
        torch.manual_seed(1)
        self.networks = {}

    def network(self, width, layout):
        if (width, layout) not in self.networks:
            network = ResNet20(width)
            network = network.to(memory_format=torch.channels_last) if layout == "cl" else network
            optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=5e-4, nesterov=True)
            self.networks[width, layout] = (network, optimizer)
        return self.networks[width, layout]

    def images(self, layout, count):
        images = torch.randn(count, 3, 32, 32)
        return images.to(memory_format=torch.channels_last) if layout == "cl" else images

    def train(self, width, layout, precision, steps):
        network, optimizer = self.network(width, layout)
        network.train()
        images, labels = self.images(layout, TRAINING_BATCH), torch.randint(0, 10, (TRAINING_BATCH,))
        durations = []
        for _ in range(steps):
            start = time.perf_counter()
            optimizer.zero_grad(set_to_none=True)
            if precision == "bf16":
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    logits = network(images)
            else:
                logits = network(images)
            loss = functional.cross_entropy(logits.float(), labels)
            loss.backward()
            optimizer.step()
            loss.item()
            durations.append(1000 * (time.perf_counter() - start))
        return durations

    def evaluate(self, width, layout, precision, steps):
        network, _ = self.network(width, layout)
        network.eval()
        images = self.images(layout, EVALUATION_BATCH)
        durations = []
        with torch.no_grad():
            for _ in range(steps):
                start = time.perf_counter()
                if precision == "bf16":
                    with torch.autocast("cpu", dtype=torch.bfloat16):
                        network(images)
                else:
                    network(images)
                durations.append(1000 * (time.perf_counter() - start))
        return durations


def main():
    torch.set_num_threads(int(sys.argv[1]))
    peer = Peer()
    print("ready", torch.__version__, flush=True)
    for line in sys.stdin:
        task, width, layout, precision, steps = line.split()
        durations = getattr(peer, task)(int(width), layout, precision, int(steps))
        print(" ".join(f"{duration:.3f}" for duration in durations), flush=True)


if __name__ == "__main__":
    main()
