"""The engine's side of poolbench's protocol (README.md beside this file), for engines in Python.

An engine calls serve() with a function that plans a problem:

    def plan(p):                        # p: a Problem; raises Refused("parameter: reason")
        def bind(t):                    # t: Tensors, once for each set of them, outside the clock
            return lambda: work(t.src, out=t.dst)     # timed
        return bind

    serve(plan, version="1.0")

An engine that cannot write where it is told, serve(..., in_place=False), binds a pair: what is
timed, and a function of its results that stores them in t.dst (and t.indices) after the clock.

An engine on a device of its own, serve(..., device=...), has t.src and the others there.

Needs NumPy alone.
"""

import ctypes
import dataclasses
import gc
import math
import mmap
import os
import runpy
import socket
import sys
import time

from poolbench_problem import Problem, Refused, np

VERSION = 1
REQUESTS = "poolbench plan drop map unmap record go fetch forget".split()
OF_DEVICES = "allocate free put get fill copy".split()
NOTHING, NOTHING_THERE = 0, 1  # recordings, as protocol.h has them
VARIABLE = "POOLBENCH_ENGINE"
THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))  # as many as all have


class Unavailable(Exception):
    """The engine cannot start here."""


@dataclasses.dataclass
class Tensors:
    """NumPy arrays in shared memory, or the device's, in the problem's layout."""

    src: "np.ndarray"
    dst: "np.ndarray"
    indices: "np.ndarray | None" = None
    layout: str = "nchw"

    def first(self, array):
        """A view of an array of this layout, or a tensor, with channels first: n, c, d, h, w."""
        if self.layout == "nchw":
            return array
        return array.movedim(-1, 1) if hasattr(array, "movedim") else np.moveaxis(array, -1, 1)


def _value(kind, text):
    if kind is tuple:
        return tuple(float(x) if "." in x or "e" in x else int(x) for x in text.split(","))
    return bool(int(text)) if kind is bool else kind(text)


def _problem(words):
    kinds = {field.name: field.type for field in dataclasses.fields(Problem)}
    pairs = (word.split("=", 1) for word in words)
    return Problem(**{key: _value(kinds[key], text) for key, text in pairs if key in kinds})


class Host:
    """Where an engine works: here. A device (torch_cuda.py) has the same functions, those of
    OF_DEVICES, and facts: what poolbench must know of it."""

    facts = None

    def room(self, size):
        """Memory for a launch that nobody looks at."""
        return np.zeros(size, "u1")

    def array(self, memory, offset, kind, shape):
        return np.frombuffer(memory, kind, math.prod(shape), offset).reshape(shape)

    def record(self, calls):
        """Makes launches ready; returns what runs them one after the other, and returns the
        seconds that they took and the results that are left, by the launch's number."""
        def replay():
            result = None
            begin = time.perf_counter()
            for call in calls:
                result = call()  # the one before it is freed, as a user's is
            return time.perf_counter() - begin, {len(calls) - 1: result}
        return replay


def device():
    """The device that --device asks for; None is the host. An engine calls it before it imports
    what takes long to find no device."""
    name = sys.argv[sys.argv.index("--device") + 1] if "--device" in sys.argv[:-1] else "cpu"
    if name == "cpu":
        return None
    if name != "cuda":
        raise Unavailable(f"--device {name}: cpu and cuda are right")
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        raise Unavailable(f"no CUDA driver here: {error}") from None
    from torch_cuda import Cuda

    return Cuda()


class _Plan:
    def __init__(self, p, bind):
        self.p, self.bind, self.bound = p, bind, {}

    def operands(self):
        """The kind and shape of each operand, in the order of a launch's places."""
        p = self.p
        kinds = [(p.kind, p.src), (p.kind, p.dst), (np.dtype("i8"), p.dst)][:2 + p.indices]
        return [(kind, p.shape(extents)) for kind, extents in kinds]


class _Server:
    def __init__(self, plan, facts, in_place, device=None):
        self.plan_of, self.facts, self.in_place = plan, facts, in_place
        self.device = device or Host()
        self.requests = REQUESTS + (OF_DEVICES if device else [])
        self.socket = socket.socket(fileno=int(os.environ.pop(VARIABLE)))
        self.text, self.descriptors = b"", []
        self.plans, self.memory, self.results = {}, {}, {}
        # By number: what replays it, its launches, and what stores their results.
        self.recordings = {NOTHING: (Host().record([]), [], []),
                           NOTHING_THERE: (self.device.record([]), [], [])}

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
        sizes = [kind.itemsize * math.prod(shape) for kind, shape in plan.operands()]
        if min(sizes) > 0:
            rooms = [self.device.room(size) for size in sizes]  # libraries may not keep them
            launch, fetch = self.pair(plan, [(room, 0) for room in rooms])
            result = launch()
            if fetch:
                fetch(result)
        self.plans[number] = plan

    def pair(self, plan, places):
        """A launch on these operands, each (memory, offset), and what stores its result."""
        arrays = [self.device.array(*place, *operand)
                  for place, operand in zip(places, plan.operands())]
        bound = plan.bind(Tensors(*arrays, layout=plan.p.layout))
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
            plan.bound = {k: v for k, v in plan.bound.items()
                          if all(place.split("+")[0] != segment for place in k.split(","))}
        del self.memory[segment]  # unmapped once no array is left

    def place(self, text):
        name, offset = text.split("+")
        return self.memory[name], int(offset)

    def allocate(self, block, size):
        self.memory[block] = self.device.allocate(int(size))

    free = unmap

    def put(self, to, segment, size):
        memory, at = self.place(segment)
        self.device.put(*self.place(to), memory[at:at + int(size)])

    def get(self, place, segment, size):
        memory, at = self.place(segment)
        self.device.get(*self.place(place), memory[at:at + int(size)])

    def fill(self, place, byte, size):
        self.device.fill(*self.place(place), int(byte), int(size))

    def copy(self, to, place, size):
        self.device.copy(*self.place(to), *self.place(place), int(size))

    def record(self, number, plan, *launches):
        plan = self.plans[plan]
        for launch in launches:
            if launch not in plan.bound:
                plan.bound[launch] = self.pair(plan, map(self.place, launch.split(",")))
        calls, fetches = zip(*(plan.bound[launch] for launch in launches))
        self.recordings[int(number)] = (self.device.record(calls), calls, fetches)

    def go(self, number):
        seconds, self.results = self.recordings[int(number)][0]()
        return seconds

    def fetch(self, number):
        # Of launches on the same tensors the last one's. What was freed is made again.
        _, calls, fetches = self.recordings[int(number)]
        for i in sorted({id(call): i for i, call in enumerate(calls)}.values()):
            fetches[i](self.results[i] if i in self.results else calls[i]())
        self.results = {}

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
                if name not in self.requests:
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


def serve(plan, version, in_place=True, rules=(), note="", device=None):
    """Serves until poolbench ends it. `rules`: by which the library differs from host/spec.md on
    purpose, by name (host/engines/rules.cpp). `note`: what a reader of a row must know about what
    is inside the clock. `device`: where it works; None is the host."""
    facts = {"version": version, "rules": ",".join(rules), **(device.facts if device else {})}
    words = " ".join(f"{key}={str(value).replace(' ', '%20')}" for key, value in facts.items())
    _Server(plan, f"{words} note={note}", in_place, device).serve()


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
