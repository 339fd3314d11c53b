#!/usr/bin/env python3
"""JAX: lax.reduce_window through XLA, compiled for each shape and layout."""

import jax
import numpy as np
from jax import lax
from poolbench_engine import Refused, serve

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")
EXTREMES = {"max": lax.max, "min": lax.min}


def plan(p):
    p.require("this engine", reduction=[*EXTREMES, "avg_include_pad", "avg_exclude_pad"],
              indices=[False], dtype=["f64", "f32", "f16", "i64", "i32", "i16", "i8", "u8"])
    p = p.plain("JAX")
    average = p.reduction not in EXTREMES
    p.require("this engine's average", dtype=["f64", "f32"] if average else [p.dtype])
    if p.has_empty_window():
        raise Refused("d: a window without a tap")
    start, how = p.kind.type(p.padding()), EXTREMES.get(p.reduction, lax.add)
    divisors = p.divisors().astype(p.kind) if average else None

    @jax.jit
    def pool(x):  # None: the input is not dilated
        y = lax.reduce_window(x, start, how, p.whole(p.kernel), p.whole(p.stride),
                              p.whole(p.pads(), (0, 0)), None, p.whole(p.dilation))
        return y / divisors if average else y

    def bind(t):
        x = jax.dlpack.from_dlpack(t.src)
        return lambda: pool(x).block_until_ready(), lambda y: np.copyto(t.dst, y)
    return bind


serve(plan, jax.__version__, in_place=False, rules=["running_sum", "flushes_subnormals",
      "drops_nan"], note="its result is a new array; cold covers the input alone")
