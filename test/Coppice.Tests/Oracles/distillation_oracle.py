"""Losses of distillations and their gradients, as PyTorch has them in double precision.

distillation_oracle.py JOB   JOB is a JSON file: name; logits, first, second and their teacherX (each with shape and values); keptFirst, keptSecond; labels.
                             Prints JSON: loss, and the gradients of logits, first and second. Weights are those of the test.
"""
import json
import sys

import torch
from torch.nn import functional


def tensor(entry, learned=False):
    return torch.tensor(entry["values"], dtype=torch.float64).reshape(entry["shape"]).requires_grad_(learned)


def kd(job, logits, maps, teacher_logits, teacher_maps):
    alpha, t = 0.6, 2.5
    soft = functional.kl_div(functional.log_softmax(logits / t, 1), functional.softmax(teacher_logits / t, 1), reduction="batchmean")
    return (1 - alpha) * functional.cross_entropy(logits, torch.tensor(job["labels"])) + alpha * t * t * soft


def attention(maps, teacher_maps):
    looks = [[functional.normalize((m * m).sum(1).flatten(1)) for m in side] for side in (maps, teacher_maps)]
    return sum(((s - t) ** 2).sum(1).mean() for s, t in zip(*looks))


def matrix(maps, pool):
    first, second = maps
    first = pool(first, second.shape[2:])
    return torch.einsum("nahw,nbhw->nab", first, second) / (second.shape[2] * second.shape[3])


def fsp(job, maps, teacher_maps, pool):
    cut = torch.stack([g[job["keptFirst"]][:, job["keptSecond"]] for g in matrix(teacher_maps, pool)])
    return ((matrix(maps, pool) - cut) ** 2).sum((1, 2)).mean() / (cut.shape[1] * cut.shape[2])


def main(job):
    logits, *maps = [tensor(job[name], learned=True) for name in ("logits", "first", "second")]
    teacher_logits, *teacher_maps = [tensor(job[name]) for name in ("teacherLogits", "teacherFirst", "teacherSecond")]
    hard = functional.cross_entropy(logits, torch.tensor(job["labels"]))
    loss = {
        "kd": lambda: kd(job, logits, maps, teacher_logits, teacher_maps),
        "at": lambda: hard + 0.75 * attention(maps, teacher_maps),
        "fsp-max": lambda: hard + 1.5 * fsp(job, maps, teacher_maps, functional.adaptive_max_pool2d),
        "fsp-average": lambda: hard + 1.5 * fsp(job, maps, teacher_maps, functional.adaptive_avg_pool2d),
        "kd+at": lambda: kd(job, logits, maps, teacher_logits, teacher_maps) + 0.75 * attention(maps, teacher_maps),
    }[job["name"]]()
    loss.backward()
    gradient = lambda x: (torch.zeros_like(x) if x.grad is None else x.grad).flatten().tolist()
    print(json.dumps({"loss": [loss.item()], "logits": gradient(logits), "first": gradient(maps[0]), "second": gradient(maps[1])}))


if __name__ == "__main__":
    main(json.load(open(sys.argv[1])))
