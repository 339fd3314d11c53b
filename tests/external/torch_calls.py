"""Expresses PyTorch's pooling operators, as a dispatch mode sees them, as problems."""

import torch

from poolbench_problem import Problem

TYPE_NAMES = {torch.float64: "f64", torch.float32: "f32", torch.float16: "f16",
              torch.bfloat16: "bf16", torch.int8: "i8", torch.uint8: "u8", torch.int16: "i16",
              torch.int32: "i32", torch.int64: "i64"}
aten = torch.ops.aten


class NoProblem(Exception):
    """No problem says what the call computes: "parameter: reason"."""


def extents(values, rank):
    values = [values] if isinstance(values, int) else list(values)
    return values * rank if len(values) == 1 else values


def sliding(rank, kernel, stride=(), padding=0, dilation=1, ceil_mode=False):
    kernel, padding = extents(kernel, rank), extents(padding, rank)
    return {"kernel": kernel, "stride": extents(stride, rank) if stride else kernel,
            "pad_begin": padding, "pad_end": padding, "dilation": extents(dilation, rank),
            "ceil": bool(ceil_mode)}


def max_pool(rank):
    def parts(_, *args):
        return "max", "sliding", {**sliding(rank, *args), "indices": True}
    return rank, parts


def avg_pool(rank):
    def parts(_, kernel, stride=(), padding=0, ceil_mode=False, count_include_pad=True,
              divisor_override=None):
        return ("avg_include_pad" if count_include_pad else "avg_exclude_pad"), "sliding", {
            **sliding(rank, kernel, stride, padding, 1, ceil_mode),
            "divisor": divisor_override or 0}
    return rank, parts


def adaptive(rank, reduction):
    def parts(_, output_size):
        return reduction, "adaptive", {"indices": reduction == "max"}
    return rank, parts


def fractional(rank):
    def parts(_, kernel, output_size, samples):
        return "max", "fractional", {"kernel": extents(kernel, rank), "indices": True}
    return rank, parts


def mean():
    def parts(x, dims, keepdim=False, **_):
        axes = sorted(d % x.ndim for d in dims or ())
        rank = len(axes)
        if not keepdim or not 1 <= rank <= 3 or axes != list(range(x.ndim - rank, x.ndim)):
            raise NoProblem("dim: a mean of other axes is no pooling")
        return "avg_include_pad", "global", {"kernel": list(x.shape[x.ndim - rank:])}
    return 2, parts


OPERATORS = {
    aten.max_pool2d_with_indices.default: max_pool(2),
    aten.max_pool3d_with_indices.default: max_pool(3),
    aten.avg_pool2d.default: avg_pool(2),
    aten.avg_pool3d.default: avg_pool(3),
    aten._adaptive_avg_pool2d.default: adaptive(2, "avg_include_pad"),
    aten._adaptive_avg_pool3d.default: adaptive(3, "avg_include_pad"),
    aten.adaptive_max_pool2d.default: adaptive(2, "max"),
    aten.adaptive_max_pool3d.default: adaptive(3, "max"),
    aten.fractional_max_pool2d.default: fractional(2),
    aten.fractional_max_pool3d.default: fractional(3),
    aten.mean.dim: mean(),
}


def layout_of(x, rank):
    """Channels last where the tensor lies so, and not channels first at the same time."""
    last = torch.channels_last if rank == 2 else torch.channels_last_3d
    batched = x.ndim == rank + 2
    return "nhwc" if batched and not x.is_contiguous() and x.is_contiguous(
        memory_format=last) else "nchw"


def line_of(p):
    """The problem's line (host/spec.md), which is its name."""
    def text(values):
        return "x".join(str(value) for value in values)
    words = [p.reduction, p.windowing, p.dtype, p.layout, "src:" + text((p.n, p.c, *p.src))]
    if p.windowing in ("sliding", "fractional"):
        words.append("k:" + text(p.kernel))
    if p.windowing == "sliding":
        words.append("s:" + text(p.stride))
        words += ["p:" + text(p.pad_begin)] * any(p.pad_begin)
        words += ["d:" + text(p.dilation)] * any(d != 1 for d in p.dilation)
    if p.windowing in ("adaptive", "fractional"):
        words.append("out:" + text(p.dst))
    words += ["ceil"] * p.ceil + [f"div:{p.divisor}"] * bool(p.divisor) + ["idx"] * p.indices
    return "/".join(words)


def problem_of(func, args, kwargs, result) -> Problem:
    """Returns the problem of a call and its result. Throws NoProblem."""
    rank, parts = OPERATORS[func]
    x = args[0]
    reduction, windowing, more = parts(x, *args[1:], **kwargs)
    if func is aten.mean.dim:
        rank = len(args[1])
    if x.device.type != "cpu":
        raise NoProblem(f"device: the tensor is on {x.device.type}")
    if x.dtype not in TYPE_NAMES:
        raise NoProblem(f"type: {str(x.dtype).removeprefix('torch.')} is no type here")
    if not x.dtype.is_floating_point and reduction != "max":
        raise NoProblem("type: PyTorch's integer averages drop the fraction")
    if not rank + 1 <= x.ndim <= rank + 2:
        raise NoProblem(f"src: {x.ndim} axes")
    n, c, *src = x.shape if x.ndim == rank + 2 else (1, *x.shape)
    if 0 in (c, *src):
        raise NoProblem("src: an extent of 0")
    ones, zeros, dst = [1] * rank, [0] * rank, list(result.shape[result.ndim - rank:])
    p = Problem(**{
        "text": "", "reduction": reduction, "windowing": windowing, "dtype": TYPE_NAMES[x.dtype],
        "layout": layout_of(x, rank), "rank": rank, "indices": False, "ceil": False, "n": n, "c": c,
        "src": src, "dst": dst, "kernel": ones, "stride": ones, "pad_begin": zeros,
        "pad_end": zeros, "dilation": ones, "divisor": 0, "norm": 2.0, "mean": False, **more})
    p.text = line_of(p)
    return p


def samples_of(func, args):
    """A fractional problem's samples in d, h, w order, planes outermost, or None. PyTorch has a 2D
    problem's in w, h order."""
    if func is aten.fractional_max_pool2d.default:
        return args[3].double().flip(-1).flatten().tolist()
    if func is aten.fractional_max_pool3d.default:
        return args[3].double().flatten().tolist()
    return None
