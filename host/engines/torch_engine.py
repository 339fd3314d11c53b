#!/usr/bin/env python3
"""PyTorch, eager: what torch.nn.functional does."""

from torch_pooling import engine, example, refuse


def prepare(function, p):
    try:
        function(example(p, n=1))
    except RuntimeError as error:
        refuse(error)
    return function


engine(prepare, "cpu", "its result is a new tensor, allocated inside the clock as a user's is; "
       "cold covers the input alone")
