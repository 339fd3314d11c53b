#!/usr/bin/env python3
"""LiteRT, which was TensorFlow Lite: XNNPACK's kernels."""

import os

import ai_edge_litert
from ai_edge_litert.compiled_model import CompiledModel, CpuOptions, Options
from litert_model import model_of
from poolbench_engine import THREADS, Refused, serve

os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # it logs each model
RULES = ["running_sum", "drops_nan", "from_lowest", "flushes_subnormals", "clamps"]
OPERATORS = {"max": "MAX", "avg_exclude_pad": "AVERAGE", "avg_include_pad": "AVERAGE"}


def plan(p):
    p.require("LiteRT", reduction=OPERATORS, dtype=["f32"], layout=["nhwc"], rank=[2],
              indices=[False], divisor=[0], n=range(1, 1 << 31))
    p = p.plain("LiteRT")
    same = any(map(any, p.pads()))
    taken = ["max", "avg_exclude_pad"] if same else OPERATORS
    p.require("LiteRT", dilation=[(1, 1)], reduction=taken)
    total = [max((-(-x // s) - 1) * s + k - x, 0) for x, s, k in zip(p.src, p.stride, p.kernel)]
    if same and p.pads() != [(t // 2, t - t // 2) for t in total]:
        raise Refused("p: LiteRT pads like same_upper or not at all")
    file = model_of(p, OPERATORS[p.reduction] + "_POOL_2D", "SAME" if same else "VALID")
    model = CompiledModel.from_buffer(file, options=Options(cpu_options=CpuOptions(THREADS)))

    def bind(t):
        src, dst = model.create_input_buffers(0), model.create_output_buffers(0)
        def launch():
            src[0].write(t.src)
            model.run_by_index(0, src, dst)
            t.dst.ravel()[:] = dst[0].read(t.dst.size, "float32")
        return launch
    return bind



serve(plan, ai_edge_litert.__version__, rules=RULES, note="copies in and out inside the clock")
