"""What a user of PyTorch writes for a problem; for the engines torch and torch-compile, on the host
and on CUDA."""

import math

import torch
import torch.nn.functional as functional
from poolbench_engine import Refused, serve

TYPES = {"f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16,
         "i8": torch.int8, "u8": torch.uint8, "i16": torch.int16,
         "i32": torch.int32, "i64": torch.int64}
RULES = ["running_sum", "sums_in_the_type", "lowest_lacks_depth"]
NOTES = ("its result is a new tensor, allocated inside the clock as a user's is; cold covers the "
         "input alone", "its result is a new tensor; a sample's launches are one CUDA graph")
torch.set_grad_enabled(False)


def refuse(error):
    """Refuses by what PyTorch says: which types a function has is known when it is called."""
    words = str(error).strip().splitlines()[0][:200]
    raise Refused(f"{'k' if 'kernel' in words else 'type'}: PyTorch says {words}") from None


def require_expressible(p):
    p.require("PyTorch", windowing=["sliding", "adaptive", "global"])
    if not TYPES[p.dtype].is_floating_point:
        p.require("PyTorch's integer pooling that rounds as host/spec.md does,",
                  reduction=["max", "min"])
    if p.reduction == "min" and p.indices:
        raise Refused("idx: PyTorch has no minima with indices")
    if p.windowing == "adaptive":
        p.require("PyTorch's adaptive pooling", divisor=[0], mean=[False], reduction=[
            "max", "min", "avg_include_pad", "avg_exclude_pad"])
    if p.windowing != "sliding":
        return
    if p.pad_begin != p.pad_end:
        raise Refused("p: PyTorch pads both ends by the same")
    if any(2 * pad > kernel for pad, kernel in zip(p.pad_begin, p.kernel)):
        raise Refused("p: PyTorch pads at most half a kernel")
    if p.reduction not in ("max", "min"):
        p.require("PyTorch's average", dilation=[(1,) * p.rank])
    if p.has_empty_window():
        raise Refused("d: a window without a tap")


def function_of(p):
    """Returns the function of a tensor n, c, (d,) h, w; 1D has h = 1. With |x| in Lp, where
    lp_pool keeps signs."""
    require_expressible(p)
    suffix, more = ("3d", ()) if p.rank == 3 else ("2d", (1,) * (2 - p.rank))
    axes = (-3, -2, -1) if p.rank == 3 else (-2, -1)
    zeros, out = (0,) * len(more), (*more, *p.dst)
    kernel, stride, dilation = ((*more, *x) for x in (p.kernel, p.stride, p.dilation))
    pad = (*zeros, *p.pad_begin)

    def maximum(x):
        if p.windowing == "global" and not p.indices:
            return x.amax(axes, keepdim=True)
        if p.windowing != "sliding":
            return getattr(functional, "adaptive_max_pool" + suffix)(x, out, p.indices)
        return getattr(functional, "max_pool" + suffix)(x, kernel, stride, pad, dilation, p.ceil,
                                                         p.indices)

    def average(x, include_pad, divisor):
        if p.windowing == "global":
            if not divisor:
                return x.mean(axes, keepdim=True)
            # The sum alone may be beyond a narrow type.
            total = x.sum(axes, keepdim=True, dtype=torch.promote_types(x.dtype, torch.float32))
            return (total / divisor).to(x.dtype)
        if p.windowing == "adaptive":
            return getattr(functional, "adaptive_avg_pool" + suffix)(x, out)
        return getattr(functional, "avg_pool" + suffix)(x, kernel, stride, pad, p.ceil, include_pad,
                                                         divisor or None)

    def norm(x):
        size = (x.float() if p.dtype in ("f16", "bf16") else x).abs()
        if math.isinf(p.norm):
            return maximum(size).to(x.dtype)
        return (average(size**p.norm, False, 0 if p.mean else 1) ** (1 / p.norm)).to(x.dtype)

    def minimum(x):
        return -maximum(-x) if x.is_floating_point() else ~maximum(~x)  # lacks no lowest number

    functions = {"max": maximum, "min": minimum, "lp": norm}
    include = p.reduction == "avg_include_pad"
    return functions.get(p.reduction, lambda x: average(x, include, p.divisor))


def example(p, n, device):
    """An input of `n` images."""
    where = device.name if device else "cpu"
    x = torch.zeros((n, *p.shape(p.src)[1:]), dtype=TYPES[p.dtype], device=where)
    x = x.movedim(-1, 1) if p.layout == "nhwc" else x
    return x.unsqueeze(2) if p.rank == 1 else x


def tensor(t, p, array):
    """A tensor on an array's memory, n, c, (d,) h, w."""
    x = array if isinstance(array, torch.Tensor) else torch.from_numpy(array)
    x = t.first(x if array is t.indices else x.view(TYPES[p.dtype]))
    return x.unsqueeze(2) if p.rank == 1 else x


def engine(prepare, device, rules=()):
    """Serves. `prepare`: makes what runs of a problem's function."""
    def plan(p):
        function = prepare(function_of(p), p)

        def bind(t):
            x = tensor(t, p, t.src)
            into = [tensor(t, p, a) for a in (t.dst, t.indices) if a is not None]

            def fetch(y):
                for to, result in zip(into, y if isinstance(y, tuple) else (y,)):
                    to.copy_(result.reshape(to.shape))

            return lambda: function(x), fetch

        return bind

    serve(plan, torch.__version__, in_place=False, note=NOTES[device is not None],
          rules=[*RULES, *rules], device=device)
