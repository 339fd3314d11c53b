"""A dispatch mode that answers PyTorch's pooling forwards with a backend of this project, and
judges the answers by PyTorch itself in f64."""

import collections
import math

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from pool_module import Refused
from torch_calls import OPERATORS, NoProblem, problem_of, samples_of

# Half an ulp of 1: of the accumulator (host/spec.md, Types) and of the type.
ACCUMULATOR = {"f64": 2.0**-53}
TYPE = {"f64": 2.0**-53, "f32": 2.0**-24, "f16": 2.0**-11, "bf16": 2.0**-8}

# What PyTorch computes otherwise, by operator. Each was seen with the release that the golden
# vectors name.
FAULTS = {
    "aten._adaptive_avg_pool3d": "adaptive_avg_3d_in_type: sums are in the input's type",
    "aten.max_pool2d_with_indices": "index_outside: a window without a tap has one off the plane",
    "aten.max_pool3d_with_indices": "index_outside: a window without a tap has one off the plane",
    "aten.fractional_max_pool2d": "fractional_in_type: windows are computed in the input's type",
    "aten.fractional_max_pool3d": "fractional_in_type: windows are computed in the input's type",
}

Answer = collections.namedtuple("Answer", "problem samples src dst indices")


def outputs_of(result):
    return result if isinstance(result, tuple) else (result,)


def in_double(values):
    return [v.double() if isinstance(v, torch.Tensor) and v.is_floating_point() else v
            for v in values]


def on_plane(indices, p):
    """PyTorch's indices, and -1 where they are off the plane: host/spec.md, Windows without a tap."""
    return indices.where((indices >= 0) & (indices < math.prod(p.src)), -1)


def allowed(func, args, kwargs, p, expected):
    """The bound of host/spec.md, Judgement, around PyTorch's value in f64, which rounds too."""
    magnitude = func(*in_double([args[0].abs(), *args[1:]]), **kwargs).abs()
    taps = math.prod(p.kernel) if p.windowing == "sliding" else math.prod(p.src)
    roundings = min(max(taps - 1, 1), 64 + math.ceil(math.log2(max(taps, 2))))
    unit = ACCUMULATOR.get(p.dtype, 2.0**-24)
    oracle = (taps + 8) * 2.0**-53
    rounding = (TYPE[p.dtype] + unit) * expected.abs() + 2.0**-149
    return (roundings * unit + oracle) * magnitude + rounding


class PoolMode(TorchDispatchMode):
    """`backend`: a pool_module.Backend. Counts what it does in `counts`, keeps wrong answers in
    `wrong`, and in `faults` the rules that explain PyTorch's own other values, each with the
    smallest problem. Calls `keep` with each answered call and PyTorch's value for it."""

    def __init__(self, backend, keep=None):
        super().__init__()
        self.backend, self.keep = backend, keep
        self.counts = collections.Counter()
        self.refused = collections.Counter()
        self.wrong, self.faults = [], {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func not in OPERATORS:
            return func(*args, **kwargs)
        native = func(*args, **kwargs)  # what is no valid call is PyTorch's to refuse
        try:
            p = problem_of(func, args, kwargs, outputs_of(native)[0])
            samples = samples_of(func, args)
            answer = self.answer(p, samples, args[0], outputs_of(native))
        except (NoProblem, Refused) as reason:
            self.counts["refused"] += 1
            self.refused[str(reason)] += 1
            return native
        self.judge(func, args, kwargs, p, outputs_of(native), answer)
        if self.keep:
            self.keep(Answer(p, samples, args[0], *self.exact))
        # Laid out as PyTorch's own, which its backward passes rely on.
        answer = tuple(torch.empty_like(n).copy_(a) for n, a in zip(outputs_of(native), answer))
        return answer if isinstance(native, tuple) else answer[0]

    def answer(self, p, samples, x, native):
        last = torch.channels_last if p.rank == 2 else torch.channels_last_3d
        form = last if p.layout == "nhwc" else torch.contiguous_format
        src = x.contiguous() if p.layout == "nchw" else x.contiguous(memory_format=form)
        made = [torch.empty_like(t, memory_format=form) for t in native]
        self.backend.pool(p, src.data_ptr(), made[0].data_ptr(),
                          made[1].data_ptr() if p.indices else None, samples)
        return tuple(made)

    def judge(self, func, args, kwargs, p, native, answer):
        self.counts["answered"] += 1
        whole = args[0].is_floating_point()
        exact = outputs_of(func(*in_double(args), **kwargs)) if whole else native
        self.exact = exact[0], on_plane(exact[1], p) if p.indices else None

        def right(outputs):
            if p.reduction == "max":
                values = torch.equal(torch.nan_to_num(outputs[0].double(), nan=1e300),
                                     torch.nan_to_num(exact[0].double(), nan=1e300))
                return values and (not p.indices or torch.equal(outputs[1], self.exact[1]))
            error = (outputs[0].double() - exact[0]).abs()
            fits = (error <= allowed(func, args, kwargs, p, exact[0])) | (
                outputs[0].isnan() & exact[0].isnan()) | (outputs[0].double() == exact[0])
            return bool(fits.all())

        if not right(answer):
            self.counts["wrong"] += 1
            self.wrong.append((p.text, str(func)))
        if right(native):
            return
        rule = FAULTS.get(str(func).removesuffix(".default"), "")
        if not rule:
            self.counts["unexplained"] += 1
            self.wrong.append((p.text, f"{func}: PyTorch differs, and no rule says why"))
            return
        self.counts["torch differs"] += 1
        size = math.prod(p.src) * p.n * p.c + math.prod(p.dst)
        if rule not in self.faults or size < self.faults[rule][0]:
            self.faults[rule] = size, p.text
