#!/usr/bin/env python3
"""torch.compile: PyTorch's functions through Inductor, for each shape and layout."""

import os

from poolbench_engine import device

DEVICE = device()
os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # no processes beside this one
import torch  # noqa: E402
from torch_pooling import engine, example, refuse  # noqa: E402

torch._dynamo.config.recompile_limit = 1 << 30
torch._dynamo.config.accumulated_recompile_limit = 1 << 30
count = 0


def prepare(function, p):
    global count
    count += 1
    # Dynamo keeps what it compiled by code object, so each problem has one of its own.
    scope = {"function": function}
    exec(f"def pool_{count}(x): return function(x)", scope)
    compiled = torch.compile(scope[f"pool_{count}"], dynamic=False, fullgraph=True)
    try:
        compiled(example(p, p.n, DEVICE))
    except Exception as error:  # Inductor and the compilers below it throw many types
        refuse(error)
    return compiled


engine(prepare, DEVICE, rules=["first_nan", "sign_of_zero"])
