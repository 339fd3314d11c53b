"""A problem (host/spec.md) with everything worked out, as engines get it."""

import dataclasses
import itertools

try:
    import numpy as np
except ImportError:
    np = None  # poolbench_engine.run() says so

PARAMETERS = {"dtype": "type", "indices": "idx", "divisor": "div", "dilation": "d", "n": "src"}
DTYPES = {"f64": "f8", "f32": "f4", "f16": "f2", "bf16": "u2", "i8": "i1", "u8": "u1",
          "i16": "i2", "i32": "i4", "i64": "i8"}


class Refused(Exception):
    """The engine does not take the problem: "parameter: reason"."""


@dataclasses.dataclass
class Problem:
    """A problem with everything worked out (host/spec.md). Tuples have an entry for each spatial
    axis. Global windows come as sliding ones that cover the input, kernel == src."""

    text: str
    reduction: str  # max, min, avg_include_pad, avg_exclude_pad, lp
    windowing: str  # sliding, adaptive, global, fractional
    dtype: str  # f64, f32, f16, bf16 (as uint16), i8, u8, i16, i32, i64
    layout: str  # nchw or nhwc, whatever the rank
    rank: int
    indices: bool
    ceil: bool
    n: int
    c: int
    src: tuple
    dst: tuple
    kernel: tuple
    stride: tuple
    pad_begin: tuple
    pad_end: tuple
    dilation: tuple
    divisor: int
    norm: float
    mean: bool
    samples: tuple = ()
    use: str = ""  # the kernel that is asked for

    def shape(self, extents):
        """Of a tensor: n, c, extents; channels last: n, extents, c."""
        first = (self.n, self.c, *extents)
        return first if self.layout == "nchw" else (self.n, *extents, self.c)

    def require(self, who, **allowed):
        """Raises Refused unless each field named is one of the values given."""
        for field, values in allowed.items():
            value = getattr(self, field)
            if value not in values:
                what = "such pooling" if value is True else value
                raise Refused(f"{PARAMETERS.get(field, field)}: {who} has no {what}")

    def plain(self, who):
        """Returns the problem as sliding windows; global ones are, and adaptive ones that divide
        the input evenly. Raises Refused for all others."""
        if self.windowing == "fractional":
            raise Refused(f"windowing: {who} has no fractional")
        if self.windowing == "sliding":
            return self
        if any(s % d for s, d in zip(self.src, self.dst)):
            raise Refused(f"windowing: {who} has adaptive windows of one size alone")
        kernel = tuple(s // d for s, d in zip(self.src, self.dst))
        zeros, ones = (0,) * self.rank, (1,) * self.rank
        return dataclasses.replace(self, windowing="sliding", kernel=kernel, stride=kernel,
                                   pad_begin=zeros, pad_end=zeros, dilation=ones, ceil=False)

    def overrun(self):
        """How far the last window of each axis reaches beyond the padded input (ceil)."""
        ends = [(d - 1) * s + (k - 1) * g + 1
                for d, s, k, g in zip(self.dst, self.stride, self.kernel, self.dilation)]
        return tuple(max(e - x - a - b, 0)
                     for e, x, a, b in zip(ends, self.src, self.pad_begin, self.pad_end))

    @property
    def kind(self):
        return np.dtype(DTYPES[self.dtype])

    def whole(self, extents, other=1):
        """`extents` for all axes of the layout: `other` for n and c."""
        return (other, other, *extents) if self.layout == "nchw" else (other, *extents, other)

    def pads(self):
        """What must be there around the input, for each spatial axis: (before, behind)."""
        return [(a, b + o) for a, b, o in zip(self.pad_begin, self.pad_end, self.overrun())]

    def padding(self):
        """What may stand there: a number that no tap loses to, of averages 0."""
        real = self.kind.kind == "f"
        lowest, highest = (-np.inf, np.inf) if real else (np.iinfo(self.kind).min,
                                                          np.iinfo(self.kind).max)
        return {"max": lowest, "min": highest}.get(self.reduction, 0)

    def divisors(self):
        """What a sliding average divides by: an array of the shape whole(dst)."""
        if self.divisor:
            return np.full(self.whole(self.dst), self.divisor, float)
        include, result = self.reduction == "avg_include_pad", np.ones(())
        for x, d, k, s, a, b, g in zip(self.src, self.dst, self.kernel, self.stride,
                                       self.pad_begin, self.pad_end, self.dilation):
            taps = np.arange(d)[:, None] * s - a + np.arange(k) * g
            inside = (taps >= -a * include) & (taps < x + b * include)
            result = np.multiply.outer(result, inside.sum(1))
        return result.reshape(self.whole(self.dst))

    def has_empty_window(self):
        """Whether some window of a sliding problem has no tap."""
        for x, d, k, s, a, g in zip(self.src, self.dst, self.kernel, self.stride, self.pad_begin,
                                    self.dilation):
            for o in itertools.chain(range(min(d, 4096)), range(max(d - 4096, 0), d)):
                first = o * s - a
                first += -(first // g) * g if first < 0 else 0
                if not first < min(x, o * s - a + (k - 1) * g + 1):
                    return True
        return False
