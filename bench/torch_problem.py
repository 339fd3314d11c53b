"""Expresses problems in PyTorch: the function for torch.compile, its input, and the judgement of its
output. `torch` is a parameter everywhere, so that this file can be imported without PyTorch."""

import dataclasses
import math

from problem_text import count, dst_extents, taps_on

REDUCED = ("f16", "bf16")
MAX_EXTENT = 10**7  # of an axis whose windows are counted


class Refused(Exception):
    """PyTorch cannot express the problem: "parameter: reason"."""


class Wrong(Exception):
    """An output is wrong."""


def require_expressible(p):
    if count([p.n, p.c, *(dst_extents(p) if p.windowing != "fractional" else [])]) == 0:
        raise Refused("src: no outputs cannot be timed")
    if p.windowing == "fractional":
        raise Refused("windowing: this script draws no samples; the peer aten-cuda does")
    if max(p.src) > MAX_EXTENT:
        raise Refused(f"src: this script counts windows of axes up to {MAX_EXTENT}")
    if p.dtype[0] in "iu" and p.reduction != "max":
        raise Refused("type: PyTorch's integer averages and Lp round differently")
    if p.windowing == "adaptive" and p.reduction == "lp":
        raise Refused("windowing: PyTorch has no adaptive Lp pooling")
    if p.windowing == "adaptive" and p.divisor:
        raise Refused("div: PyTorch's adaptive averages take no divisor")
    if p.windowing != "sliding":
        return
    if p.pad_begin != p.pad_end:
        raise Refused("p: PyTorch pads both ends by the same")
    if any(2 * pad > kernel for pad, kernel in zip(p.pad_begin, p.kernel)):
        raise Refused("p: PyTorch pads at most half a kernel")
    if p.reduction != "max" and any(dilation > 1 for dilation in p.dilation):
        raise Refused("d: PyTorch dilates max only")
    for axis, outputs in enumerate(dst_extents(p)):
        if not all(taps_on(p, axis, output) for output in range(outputs)):
            raise Refused("d: a window without a tap")


def axes_of(p, extents):
    """Pads extents with 1 to PyTorch's axes: h and w, or d, h and w. A 1D problem has h = 1."""
    return [1] * (2 - p.rank) + list(extents)


def compute(torch, p):
    """Returns the function for torch.compile: what a user of PyTorch would write, but with |x| in
    Lp, where lp_pool keeps signs."""
    require_expressible(p)
    functional = torch.nn.functional
    suffix = "3d" if p.rank == 3 else "2d"
    axes = (-3, -2, -1) if p.rank == 3 else (-2, -1)
    out = axes_of(p, dst_extents(p))

    def pool(name):
        return getattr(functional, name + suffix)

    def maximum(x):
        if p.windowing == "global" and not p.indices:
            return x.amax(axes, keepdim=True)
        if p.windowing != "sliding":
            return pool("adaptive_max_pool")(x, out, return_indices=p.indices)
        zero_based = [0] * (2 - p.rank)
        return pool("max_pool")(
            x,
            axes_of(p, p.kernel),
            axes_of(p, p.stride),
            zero_based + p.pad_begin,
            axes_of(p, p.dilation),
            ceil_mode=p.ceil,
            return_indices=p.indices,
        )

    def average(x, include_pad, divisor):
        if p.windowing == "global":
            return x.sum(axes, keepdim=True) / divisor if divisor else x.mean(axes, keepdim=True)
        if p.windowing == "adaptive":
            return pool("adaptive_avg_pool")(x, out)
        return pool("avg_pool")(
            x,
            axes_of(p, p.kernel),
            axes_of(p, p.stride),
            [0] * (2 - p.rank) + p.pad_begin,
            ceil_mode=p.ceil,
            count_include_pad=include_pad,
            divisor_override=divisor or None,
        )

    def norm(x):
        magnitude = (x.float() if p.dtype in REDUCED else x).abs()
        if math.isinf(p.norm):
            return maximum(magnitude).to(x.dtype)
        powers = average(magnitude**p.norm, False, 0 if p.mean else 1)
        return (powers ** (1 / p.norm)).to(x.dtype)

    if p.reduction == "max":
        return maximum
    if p.reduction == "lp":
        return norm
    return lambda x: average(x, p.reduction == "avg_include_pad", p.divisor)


def input_of(torch, p, device):
    """Returns random numbers in [-1, 1), or over all of a small integer type."""
    generator = torch.Generator(device="cpu").manual_seed(1)
    shape = [p.n, p.c] + axes_of(p, p.src)
    dtype = getattr(torch, {"f64": "float64", "f32": "float32", "f16": "float16",
                            "bf16": "bfloat16", "i8": "int8", "u8": "uint8",
                            "i16": "int16", "i32": "int32", "i64": "int64"}[p.dtype])
    if dtype.is_floating_point:
        x = torch.rand(shape, generator=generator) * 2 - 1
    else:
        x = torch.randint(0 if p.dtype == "u8" else -128, 128, shape, generator=generator)
    last = torch.channels_last_3d if p.rank == 3 else torch.channels_last
    layout = last if p.layout == "nhwc" else torch.contiguous_format
    return x.to(dtype).to(device).to(memory_format=layout)


def outputs_of(result):
    return result if isinstance(result, tuple) else (result,)


def judge(torch, p, x, outputs):
    """Compares the outputs with PyTorch's own in f64: max and indices exactly, averages and Lp
    within the bound of host/spec.md, Judgement. Throws Wrong. Judges the first and the last image,
    and returns the number of outputs judged."""
    function = compute(torch, dataclasses.replace(p, dtype="f64"))
    checked = 0
    for n in sorted({0, p.n - 1}):
        exact = x[n : n + 1].cpu().double()
        expected = outputs_of(function(exact))
        got = [output[n : n + 1].cpu() for output in outputs]
        checked += got[0].numel()
        if p.indices and not torch.equal(got[1], expected[1]):
            raise Wrong("an index is wrong")
        if p.reduction == "max":
            right = got[0].double() == expected[0]
        else:
            taps = count(p.kernel if p.windowing == "sliding" else p.src)
            unit = 2.0**-53 if p.dtype == "f64" else 2.0**-24
            half_ulp = {"f16": 2.0**-11, "bf16": 2.0**-8}.get(p.dtype, unit)
            magnitude = expected[0] if p.reduction == "lp" else outputs_of(function(exact.abs()))[0]
            allowed = (64 + math.ceil(math.log2(max(taps, 2)))) * unit * magnitude.abs()
            allowed = allowed + 2 * half_ulp * expected[0].abs()
            right = (got[0].double() - expected[0]).abs() <= allowed
        if not right.all():
            raise Wrong(f"{int((~right).sum())} of {right.numel()} judged outputs are wrong")
    return checked
