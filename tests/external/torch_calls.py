"""Expresses PyTorch's pooling operators, as a dispatch mode sees them, as problems."""

import torch

from problem_text import Problem, parse_problem

TYPE_NAMES = {torch.float64: "f64", torch.float32: "f32", torch.float16: "f16",
              torch.bfloat16: "bf16", torch.int8: "i8", torch.uint8: "u8", torch.int16: "i16",
              torch.int32: "i32", torch.int64: "i64"}
aten = torch.ops.aten


class NoProblem(Exception):
    """No problem says what the call computes: "parameter: reason"."""


def extents(values, rank):
    values = [values] if isinstance(values, int) else list(values)
    return values * rank if len(values) == 1 else values


def text(values):
    return "x".join(str(value) for value in values)


def sliding(rank, kernel, stride=(), padding=0, dilation=1, ceil_mode=False):
    kernel = extents(kernel, rank)
    tokens = ["k:" + text(kernel), "s:" + text(extents(stride, rank) if stride else kernel)]
    if any(extents(padding, rank)):
        tokens.append("p:" + text(extents(padding, rank)))
    if any(d != 1 for d in extents(dilation, rank)):
        tokens.append("d:" + text(extents(dilation, rank)))
    return tokens + (["ceil"] if ceil_mode else [])


def max_pool(rank):
    def parts(_, *args):
        return "max", "sliding", sliding(rank, *args), True
    return rank, parts


def avg_pool(rank):
    def parts(_, kernel, stride=(), padding=0, ceil_mode=False, count_include_pad=True,
              divisor_override=None):
        tokens = sliding(rank, kernel, stride, padding, 1, ceil_mode)
        if divisor_override is not None:
            tokens.append(f"div:{divisor_override}")
        return ("avg_include_pad" if count_include_pad else "avg_exclude_pad"), "sliding", tokens, \
            False
    return rank, parts


def adaptive(rank, reduction):
    def parts(_, output_size):
        return reduction, "adaptive", ["out:" + text(extents(output_size, rank))], \
            reduction == "max"
    return rank, parts


def fractional(rank):
    def parts(_, kernel, output_size, samples):
        del samples
        return "max", "fractional", ["k:" + text(extents(kernel, rank)),
                                     "out:" + text(extents(output_size, rank))], True
    return rank, parts


def mean():
    def parts(x, dims, keepdim=False, **_):
        axes = sorted(d % x.ndim for d in dims or ())
        rank = len(axes)
        if not keepdim or not 1 <= rank <= 3 or axes != list(range(x.ndim - rank, x.ndim)):
            raise NoProblem("dim: a mean of other axes is no pooling")
        return "avg_include_pad", "global", [], False
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


def problem_of(func, args, kwargs) -> Problem:
    """Returns the problem of a call. Throws NoProblem."""
    rank, parts = OPERATORS[func]
    x = args[0]
    reduction, windowing, tokens, indices = parts(x, *args[1:], **kwargs)
    if func is aten.mean.dim:
        rank = len(args[1])
    if x.device.type != "cpu":
        raise NoProblem(f"device: the tensor is on {x.device.type}")
    if x.dtype not in TYPE_NAMES:
        raise NoProblem(f"type: {str(x.dtype).removeprefix('torch.')} is no type here")
    dtype = TYPE_NAMES[x.dtype]
    if not x.dtype.is_floating_point and reduction != "max":
        raise NoProblem("type: PyTorch's integer averages drop the fraction")
    if not rank + 1 <= x.ndim <= rank + 2:
        raise NoProblem(f"src: {x.ndim} axes")
    shape = list(x.shape) if x.ndim == rank + 2 else [1, *x.shape]
    if 0 in shape[1:]:
        raise NoProblem("src: an extent of 0")
    line = [reduction, windowing, dtype, layout_of(x, rank), "src:" + text(shape), *tokens]
    return parse_problem("/".join(line + (["idx"] if indices else [])))


def samples_of(func, args):
    """A fractional problem's samples in d, h, w order, planes outermost, or None. PyTorch has a 2D
    problem's in w, h order."""
    if func is aten.fractional_max_pool2d.default:
        return args[3].double().flip(-1).flatten().tolist()
    if func is aten.fractional_max_pool3d.default:
        return args[3].double().flatten().tolist()
    return None
