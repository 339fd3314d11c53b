#!/usr/bin/env python3
"""SciPy: filters of ndimage, axis by axis, and of their results every stride-th one."""

import numpy as np
import scipy
from poolbench_engine import Refused, serve
from scipy import ndimage

FILTERS = {"max": ndimage.maximum_filter1d, "min": ndimage.minimum_filter1d}


def plan(p):
    p.require("SciPy", reduction=[*FILTERS, "avg_include_pad", "avg_exclude_pad"],
              indices=[False], dtype=["f64", "f32", "i32", "i16", "i8", "u8"])
    p = p.plain("SciPy")  # its filters compute in f64, which lacks numbers of i64
    p.require("SciPy's filters", dilation=[(1,) * p.rank])
    average = p.reduction not in FILTERS
    p.require("this engine's average", dtype=["f64", "f32"] if average else [p.dtype])
    if p.has_empty_window():
        raise Refused("p: a window without a tap")
    padding, pads = p.padding(), p.whole(p.pads(), (0, 0))
    divisors = p.divisors() if average else None
    centres = p.whole([slice(k // 2, k // 2 + (d - 1) * s + 1, s)
                       for k, d, s in zip(p.kernel, p.dst, p.stride)], slice(None))
    def pool(src, dst):
        x = np.pad(src, pads, constant_values=padding) if any(map(any, pads)) else src
        for axis, k in enumerate(p.kernel, 2 if p.layout == "nchw" else 1):
            if average:
                x = ndimage.correlate1d(x, np.ones(k), axis, np.float64)
            else:
                x = FILTERS[p.reduction](x, k, axis)
        dst[...] = x[centres] / divisors if average else x[centres]

    return lambda t: lambda: pool(t.src, t.dst)


serve(plan, scipy.__version__, rules=["drops_nan", "nan_displaces"])
