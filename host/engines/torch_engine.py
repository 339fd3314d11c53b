#!/usr/bin/env python3
"""PyTorch, eager: what torch.nn.functional does."""

from poolbench_engine import device

DEVICE = device()
from torch_pooling import engine, example, refuse  # noqa: E402


def prepare(function, p):
    try:
        function(example(p, 1, DEVICE))
    except RuntimeError as error:
        refuse(error)
    return function


engine(prepare, DEVICE)
