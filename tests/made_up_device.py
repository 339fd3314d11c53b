"""An engine (host/engines/README.md) on a device that there is not: its memory is NumPy's arrays,
which nobody outside reaches, so that a copy that is forgotten is seen. Its argument says what it
does that none may do."""

import ctypes
import os
import sys
import time
import weakref

import numpy as np
from poolbench_engine import serve

DEED = sys.argv[1]
LOG = sys.argv[2] if len(sys.argv) > 2 else os.devnull  # a line for each replay
FACTS = {"device": "apart", "device_name": "Made up", "uuid": "0123456789abcdef" * 2,
         "driver": "made_up 1.0 (sm_90)", "memory": 1 << 30, "cache": 1 << 16}
BAD = {"says_no_uuid": {"uuid": "host"}, "says_no_cache": {"cache": 0},
       "says_the_host": {"device": "host"}}


class Device:
    facts = {**FACTS, **BAD.get(DEED, {})}
    log = open(LOG, "a", encoding="utf-8")

    def allocate(self, size):
        if DEED == "has_no_memory" and size > 1 << 16:
            raise MemoryError(f"{size} bytes are too many")
        return np.zeros(size, "u1")

    room = allocate

    def does(self, request):
        if DEED == f"dies_in_{request}":
            os._exit(3)
        return DEED != f"forgets_{request}"

    def put(self, memory, offset, source):
        if self.does("put"):
            memory[offset:offset + len(source)] = np.frombuffer(source, "u1")

    def get(self, memory, offset, to):
        if self.does("get"):
            to[:] = memory[offset:offset + len(to)].tobytes()

    def fill(self, memory, offset, byte, size):
        if self.does("fill"):
            memory[offset:offset + size] = byte

    def copy(self, to, at, memory, offset, size):
        if self.does("copy"):
            to[at:at + size] = memory[offset:offset + size]

    def array(self, memory, offset, kind, shape):
        size = kind.itemsize * int(np.prod(shape, dtype=int))
        return memory[offset:offset + size].view(kind).reshape(shape)

    def record(self, calls):
        """Its launches have been recorded: what they return is what is left."""
        def replay():
            print("launches" if calls else "nothing", file=self.log, flush=True)
            begin = time.perf_counter()
            results = {i: call() for i, call in enumerate(calls)}
            seconds = time.perf_counter() - begin
            return seconds / 2 if DEED == "claims_half" else seconds, results
        return replay


def by_address(array):
    """An array as libraries in C have it: they do not keep its memory."""
    address, size, kind, shape = array.ctypes.data, array.nbytes, array.dtype, array.shape
    memory = weakref.ref(array.base)

    def there():
        assert memory() is not None, "its memory is gone"
        return np.frombuffer((ctypes.c_char * size).from_address(address), kind).reshape(shape)
    return there


def plan(p):
    p.require("this engine", reduction=["max"], windowing=["global"], dtype=["f32"],
              indices=[False])

    def bind(t):
        if DEED == "stores_later":
            return lambda: np.max(t.src, axis=axes, keepdims=True), lambda y: np.copyto(t.dst, y)
        src, dst = by_address(t.src), by_address(t.dst)
        return lambda: np.max(src(), axis=axes, keepdims=True, out=dst())
    axes = tuple(range(2, 2 + p.rank)) if p.layout == "nchw" else tuple(range(1, 1 + p.rank))
    return bind


serve(plan, "1", in_place=DEED != "stores_later", device=Device())
