"""Parses problems (host/spec.md, Text), and computes their windows and compulsory bytes."""

import dataclasses
import math

TYPES = {"f64": 8, "f32": 4, "f16": 2, "bf16": 2, "i8": 1, "u8": 1, "i16": 2, "i32": 4,
         "i64": 8}


class BadInput(ValueError):
    """What a user gave is wrong."""


@dataclasses.dataclass
class Problem:
    """A problem. Lists have one entry for each spatial axis, in d, h, w order."""

    text: str
    reduction: str
    windowing: str
    dtype: str
    layout: str
    n: int
    c: int
    src: list
    kernel: list = None
    stride: list = None
    pad_begin: list = None
    pad_end: list = None
    dilation: list = None
    out: list = None
    ceil: bool = False
    divisor: int = 0
    norm: float = 2.0
    mean: bool = False
    indices: bool = False

    @property
    def rank(self):
        return len(self.src)


def parse_problem(text):
    """Parses a canonical line, as `poolbench list problems` prints it."""
    parts = text.strip().split("/")
    if len(parts) < 5 or not parts[4].startswith("src:"):
        raise BadInput(f"problem '{text}': reduction/windowing/type/layout/src:... is right")
    reduction, windowing, dtype, layout = parts[:4]
    known = (
        (reduction, ("max", "avg_include_pad", "avg_exclude_pad", "lp")),
        (windowing, ("sliding", "adaptive", "global", "fractional")),
        (dtype, TYPES),
        (layout, ("nchw", "nhwc")),
    )
    for word, words in known:
        if word not in words:
            raise BadInput(f"problem '{text}': '{word}' is unknown; one of {', '.join(words)}")
    try:
        n, c, *src = (int(number) for number in parts[4][4:].split("x"))
        p = Problem(text.strip(), reduction, windowing, dtype, layout, n, c, src)
        if not 1 <= p.rank <= 3:
            raise ValueError(f"src has {p.rank} spatial axes")
        read_tokens(p, parts[5:])
    except ValueError as error:
        raise BadInput(f"problem '{text}': {error}") from None
    return p


EXTENTS = {"k": "kernel", "s": "stride", "d": "dilation", "out": "out"}
FLAGS = {"ceil": "ceil", "mean": "mean", "idx": "indices"}


def read_tokens(p, tokens):
    def extents(value):
        numbers = [int(number) for number in value.split("x")]
        if len(numbers) not in (1, p.rank):
            raise ValueError(f"'{value}' has {len(numbers)} numbers; src has {p.rank} axes")
        return numbers * p.rank if len(numbers) == 1 else numbers

    same = None
    p.pad_begin = p.pad_end = [0] * p.rank
    p.dilation = [1] * p.rank
    for token in tokens:
        key, _, value = token.partition(":")
        if key in EXTENTS:
            setattr(p, EXTENTS[key], extents(value))
        elif key in FLAGS:
            setattr(p, FLAGS[key], True)
        elif key == "p":
            begin, _, end = value.partition("-")
            p.pad_begin, p.pad_end = extents(begin), extents(end or begin)
        elif key in ("same_upper", "same_lower"):
            same = key
        elif key == "div":
            p.divisor = int(value)
        elif key == "norm":
            p.norm = float(value)
        elif key not in ("seed", "samples"):
            raise ValueError(f"'{token}' is an unknown token")
    if p.windowing == "sliding":
        if p.kernel is None:
            raise ValueError("k: is missing")
        p.stride = p.stride or p.kernel
        if same:
            pad_same(p, same)
    elif p.windowing == "adaptive" and p.out is None:
        raise ValueError("out: is missing")


def reach(p, axis):
    """Returns the extent of the dilated kernel."""
    return (p.kernel[axis] - 1) * p.dilation[axis] + 1


def pad_same(p, same):
    p.pad_begin, p.pad_end = [], []
    for axis, src in enumerate(p.src):
        out = (src - 1) // p.stride[axis] + 1
        total = max((out - 1) * p.stride[axis] + reach(p, axis) - src, 0)
        begin = total // 2 if same == "same_upper" else total - total // 2
        p.pad_begin.append(begin)
        p.pad_end.append(total - begin)


def dst_extents(p):
    if p.windowing == "global":
        return [1] * p.rank
    if p.windowing != "sliding":
        return p.out
    out = []
    for axis, src in enumerate(p.src):
        stride = p.stride[axis]
        room = src + p.pad_begin[axis] + p.pad_end[axis] - reach(p, axis)
        last = (room + (stride - 1 if p.ceil else 0)) // stride
        if p.ceil:
            last = min(last, (src + p.pad_begin[axis] - 1) // stride)
        out.append(last + 1)
    return out


def taps_on(p, axis, output):
    """Returns the taps of an output on an axis, all inside the input, as a range."""
    src = p.src[axis]
    if p.windowing == "global":
        return range(src)
    if p.windowing == "adaptive":
        outputs = p.out[axis]
        return range(output * src // outputs, -(-(output + 1) * src // outputs))
    start = output * p.stride[axis] - p.pad_begin[axis]
    step = p.dilation[axis]
    first = -(start // step) if start < 0 else 0
    return range(start + first * step, min(start + reach(p, axis), src), step)


def count(extents):
    return math.prod(extents)


def compulsory_bytes(p, line=32):
    """Returns the bytes (read, written) that any implementation must move. Where windows leave gaps,
    the whole lines that hold a tap are read; on a GPU a line is a sector of 32 bytes."""
    item = TYPES[p.dtype] * (p.c if p.layout == "nhwc" else 1)
    touched = []
    for axis, outputs in enumerate(dst_extents(p)):
        seen = bytearray(p.src[axis])
        for output in range(outputs):
            for tap in taps_on(p, axis, output):
                seen[tap] = 1
        touched.append(seen)
    width = touched[-1]
    row = item * len(width)
    if not all(width):
        lines = set()
        for x, used in enumerate(width):
            if used:
                lines.update(range(x * item // line, -(-(x + 1) * item // line)))
        row = min(row, line * len(lines))
    rows = p.n * (1 if p.layout == "nhwc" else p.c) * count(sum(seen) for seen in touched[:-1])
    outputs = p.n * p.c * count(dst_extents(p))
    return row * rows, outputs * (TYPES[p.dtype] + (8 if p.indices else 0))
