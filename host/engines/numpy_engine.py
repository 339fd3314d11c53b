#!/usr/bin/env python3
"""NumPy, as a user would pool with it: the engine to copy."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from poolbench_engine import Refused, serve

REDUCE = {"max": np.max, "min": np.min, "avg_include_pad": np.sum, "avg_exclude_pad": np.sum}


def plan(p):
    p.require("this engine", reduction=REDUCE, indices=[False],
              dtype=["f64", "f32", "i64", "i32", "i16", "i8", "u8"])
    p = p.plain("this engine")
    average = p.reduction.startswith("avg")
    p.require("this engine's average", dtype=["f64", "f32"] if average else [p.dtype])
    if p.has_empty_window():
        raise Refused("d: a window without a tap")
    padding, pads = p.padding(), p.whole(p.pads(), (0, 0))
    extents = [(k - 1) * d + 1 for k, d in zip(p.kernel, p.dilation)]
    axes = (2, 3, 4)[:p.rank] if p.layout == "nchw" else (1, 2, 3)[:p.rank]
    steps = [slice(None, None, s) for s in (*p.whole(p.stride), *p.dilation)]
    divisors = p.divisors().astype(p.kind) if average else None

    def pool(src, dst):
        x = np.pad(src, pads, constant_values=padding) if any(map(any, pads)) else src
        windows = sliding_window_view(x, extents, axes)[tuple(steps)]
        REDUCE[p.reduction](windows, axis=tuple(range(-p.rank, 0)), out=dst)
        if average:
            np.divide(dst, divisors, out=dst)

    return lambda t: lambda: pool(t.src, t.dst)  # once for each set of tensors; timed


serve(plan, version=np.__version__, rules=["running_sum"])
