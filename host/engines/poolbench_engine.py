"""The engine's side of poolbench's protocol (README.md beside this file), for engines in Python.

An engine calls serve() with a function that plans a problem:

    def plan(p):                        # p: a Problem; raises Refused("parameter: reason")
        def bind(t):                    # t: Tensors, once for each set of them, outside the clock
            return lambda: work(t.src, out=t.dst)     # timed
        return bind

    serve(plan, version="1.0")

An engine that cannot write where it is told, serve(..., in_place=False), binds a pair: what is
timed, and a function of its results that stores them in t.dst (and t.indices) after the clock.

Needs NumPy alone.
"""

import dataclasses
import gc
import itertools
import math
import mmap
import os
import runpy
import socket
import sys
import time

try:
    import numpy as np
except ImportError:
    np = None  # run() says so

VERSION = 1
PARAMETERS = {"dtype": "type", "indices": "idx", "divisor": "div", "dilation": "d", "n": "src"}
REQUESTS = "poolbench plan drop map unmap record go fetch forget".split()
VARIABLE = "POOLBENCH_ENGINE"
THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))  # as many as all have
DTYPES = {"f64": "f8", "f32": "f4", "f16": "f2", "bf16": "u2", "i8": "i1", "u8": "u1",
          "i16": "i2", "i32": "i4", "i64": "i8"}


class Refused(Exception):
    """The engine does not take the problem: "parameter: reason"."""


class Unavailable(Exception):
    """The engine cannot start here."""


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


@dataclasses.dataclass
class Tensors:
    """NumPy arrays in shared memory, in the problem's layout."""

    src: "np.ndarray"
    dst: "np.ndarray"
    indices: "np.ndarray | None" = None
    layout: str = "nchw"

    def first(self, array):
        """A view of an array of this layout with channels first: n, c, d, h, w."""
        return array if self.layout == "nchw" else np.moveaxis(array, -1, 1)


def _value(kind, text):
    if kind is tuple:
        return tuple(float(x) if "." in x or "e" in x else int(x) for x in text.split(","))
    return bool(int(text)) if kind is bool else kind(text)


def _problem(words):
    kinds = {field.name: field.type for field in dataclasses.fields(Problem)}
    pairs = (word.split("=", 1) for word in words)
    return Problem(**{key: _value(kinds[key], text) for key, text in pairs if key in kinds})


class _Plan:
    def __init__(self, p, bind):
        self.p, self.bind, self.bound = p, bind, {}

    def tensors(self, places):
        """`places`: a function of an operand's number to its memory."""
        p = self.p
        dtype, count = np.dtype(DTYPES[p.dtype]), p.n * p.c

        def array(i, kind, extents):
            elements = count * math.prod(extents)
            return np.frombuffer(places(i), kind, elements).reshape(p.shape(extents))

        indices = array(2, np.dtype("i8"), p.dst) if p.indices else None
        return Tensors(array(0, dtype, p.src), array(1, dtype, p.dst), indices, p.layout)


class _Server:
    def __init__(self, plan, facts, in_place):
        self.plan_of, self.facts, self.in_place = plan, facts, in_place
        self.socket = socket.socket(fileno=int(os.environ.pop(VARIABLE)))
        self.text, self.descriptors = b"", []
        self.plans, self.memory, self.recordings, self.result = {}, {}, {0: ([], [])}, None

    def line(self):
        while b"\n" not in self.text:
            data, descriptors, _, _ = socket.recv_fds(self.socket, 1 << 16, 1)
            if not data:
                sys.exit(0)
            self.text += data
            self.descriptors += descriptors
        line, self.text = self.text.split(b"\n", 1)
        return line.decode()

    def answer(self, *words):
        text = " ".join(str(word) for word in words).replace("\n", " ")
        self.socket.sendall(text.encode() + b"\n")

    def poolbench(self, version, *words):
        # What an engine does after the clock counts for those that ship alone.
        self.stores = self.in_place or "trusted=1" not in words
        return f"{VERSION} in_place={int(self.stores)} {self.facts}"

    def plan(self, number, *words):
        p = _problem(words)
        plan = _Plan(p, self.plan_of(p))
        # One launch on other memory: whatever compiles or loads, does it now.
        sizes = [math.prod(p.shape(x)) for x in (p.src, p.dst)]
        sizes = [count * np.dtype(DTYPES[p.dtype]).itemsize for count in sizes]
        rooms = [np.zeros(max(size, 1), "u1") for size in (*sizes, math.prod(p.shape(p.dst)) * 8)]
        if min(sizes) > 0:
            self.run_once(plan, rooms)
        self.plans[number] = plan

    def run_once(self, plan, rooms):
        launch, fetch = self.pair(plan.bind(plan.tensors(lambda i: rooms[i])))
        result = launch()
        if fetch:
            fetch(result)

    def pair(self, bound):
        launch, fetch = bound if isinstance(bound, tuple) else (bound, None)
        return ((lambda: fetch(launch())), None) if fetch and self.stores else (launch, fetch)

    def drop(self, number):
        del self.plans[number]

    def map(self, segment, size):
        descriptor = self.descriptors.pop(0)
        flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
        self.memory[segment] = memoryview(mmap.mmap(descriptor, int(size), flags))
        os.close(descriptor)

    def unmap(self, segment):
        for plan in self.plans.values():
            plan.bound = {k: v for k, v in plan.bound.items() if f"{segment}+" not in k}
        del self.memory[segment]  # unmapped once no array is left

    def record(self, number, plan, *launches):
        plan = self.plans[plan]
        for launch in launches:
            if launch not in plan.bound:
                places = [place.split("+") for place in launch.split(",")]
                tensors = plan.tensors(lambda i: self.memory[places[i][0]][int(places[i][1]):])
                plan.bound[launch] = self.pair(plan.bind(tensors))
        pairs = [plan.bound[launch] for launch in launches]
        self.recordings[int(number)] = ([pair[0] for pair in pairs], [pair[1] for pair in pairs])

    def go(self, number):
        calls = self.recordings[int(number)][0]
        result = None
        begin = time.perf_counter()
        for call in calls:
            result = call()  # the one before it is freed, as a user's is
        seconds = time.perf_counter() - begin
        self.result = result
        return seconds

    def fetch(self, number):
        # Results of earlier launches were freed, so those are made again.
        calls, fetches = self.recordings[int(number)]
        last = {id(call): i for i, call in enumerate(calls)}
        for i in sorted(last.values()):
            fetches[i](self.result if i == len(calls) - 1 else calls[i]())
        self.result = None

    def forget(self, number):
        del self.recordings[int(number)]

    def serve(self):
        gc.disable()  # it runs between turns
        while True:
            name, *words = self.line().split(" ")
            if name == "end":
                self.answer("ok")
                return
            try:
                if name not in REQUESTS:
                    raise ValueError(f"unknown request {name}")
                answer = getattr(self, name)(*words)
                self.answer("ok", *(() if answer is None else (answer,)))
            except Refused as refused:
                self.answer("refused", refused)
            except MemoryError as error:
                self.answer("no-memory", error)
            except Exception as error:  # libraries throw many types
                self.answer("failed", type(error).__name__ + ":", str(error).strip()[:300])
            if name == "forget":
                gc.collect(0)


def serve(plan, version, in_place=True, rules=(), note=""):
    """Serves until poolbench ends it. `rules`: by which the library differs from host/spec.md on
    purpose, by name (host/engines/rules.cpp). `note`: what a reader of a row must know about what
    is inside the clock."""
    facts = f"version={str(version).replace(' ', '_')} rules={','.join(rules)}"
    _Server(plan, f"{facts} note={note}", in_place).serve()


def run(file):
    """Runs an engine's script. What is missing here becomes the reason why it is unavailable."""
    try:
        if np is None:
            raise ImportError("no NumPy")
        runpy.run_path(file, run_name="__main__")
    except (ImportError, Unavailable) as error:
        if VARIABLE not in os.environ:
            raise  # it was serving already
        server = _Server(None, "", True)
        server.line()
        server.answer("failed", f"{error} ({sys.executable})")


if __name__ == "__main__":
    import poolbench_engine

    poolbench_engine.run(sys.argv[1])
