"""Calls the backends of a module (host/module.h) on the host, from Python, by ctypes."""

import ctypes
import math
from ctypes import POINTER, c_char_p, c_double, c_int32, c_int64, c_void_p

REDUCTIONS = ("max", "avg_include_pad", "avg_exclude_pad", "lp", "min")
WINDOWINGS = ("sliding", "adaptive", "global", "fractional")
LAYOUTS = ("nchw", "nhwc")
TYPES = ("f64", "f32", "f16", "bf16", "i8", "u8", "i32", "i16", "i64")
SRC, DST, INDICES, SCRATCH = range(4)
VERSION = 4
ALIGNMENT = 256
MESSAGE_BYTES = 1024


class Refused(Exception):
    """The backend does not take the problem."""


class ProblemStruct(ctypes.Structure):
    _fields_ = ([("struct_bytes", c_int64), ("text", c_char_p)]
                + [(name, c_int32) for name in ("reduction", "windowing", "dtype", "layout", "rank",
                                                "with_indices", "ceil_mode", "norm_mean")]
                + [("n", c_int64), ("c", c_int64)]
                + [(name, c_int64 * 3) for name in ("src", "dst", "kernel", "stride", "pad_begin",
                                                    "pad_end", "dilation")]
                + [("divisor", c_int64), ("norm", c_double), ("samples", POINTER(c_double))])


class Operand(ctypes.Structure):
    _fields_ = [("role", c_int32), ("access", c_int32), ("bytes", c_int64),
                ("element_bytes", c_int64), ("address", c_void_p)]


class Tensors(ctypes.Structure):
    _fields_ = [("struct_bytes", c_int64), ("src", c_void_p), ("dst", c_void_p),
                ("indices", c_void_p), ("scratch", c_void_p), ("operands", POINTER(Operand)),
                ("operand_count", c_int64)]


class BackendStruct(ctypes.Structure):
    pass


_SELF = POINTER(BackendStruct)
_PLAN = ctypes.CFUNCTYPE(c_int32, _SELF, POINTER(ProblemStruct), c_char_p, POINTER(c_void_p),
                         c_void_p, c_int64)
_LAUNCH = ctypes.CFUNCTYPE(c_int32, c_void_p, POINTER(Tensors), c_void_p, c_void_p, c_int64)
_DESTROY = ctypes.CFUNCTYPE(None, c_void_p)
_BYTES = ctypes.CFUNCTYPE(c_int64, c_void_p)
BackendStruct._fields_ = [
    ("struct_bytes", c_int64), ("state", c_void_p), ("substrate", c_char_p), ("device", c_char_p),
    ("check_only", c_int32), ("kernel_count", c_int32), ("kernels", c_void_p),
    ("supports", c_void_p), ("plan", _PLAN), ("launch", _LAUNCH), ("destroy_plan", _DESTROY),
    ("plan_kernel", c_void_p), ("plan_scratch_bytes", _BYTES)]


class ModuleStruct(ctypes.Structure):
    _fields_ = [("version", c_int32), ("backend_count", c_int32), ("struct_bytes", c_int64),
                ("backends", POINTER(_SELF)), ("why_unavailable", c_char_p)]


def three(values, unused):
    return (c_int64 * 3)(*([unused] * (3 - len(values)) + list(values)))


def to_struct(p, samples):
    """Returns the struct of a problem (host/engines/poolbench_problem.py), and what must outlive
    it."""
    s = ProblemStruct(struct_bytes=ctypes.sizeof(ProblemStruct), text=p.text.encode())
    s.reduction, s.windowing = REDUCTIONS.index(p.reduction), WINDOWINGS.index(p.windowing)
    s.dtype, s.layout, s.rank = TYPES.index(p.dtype), LAYOUTS.index(p.layout), p.rank
    s.with_indices, s.ceil_mode, s.norm_mean = p.indices, p.ceil, p.mean
    s.n, s.c, s.divisor, s.norm = p.n, p.c, p.divisor, p.norm
    s.src, s.dst, s.kernel = three(p.src, 1), three(p.dst, 1), three(p.kernel, 1)
    s.stride, s.dilation = three(p.stride, 1), three(p.dilation, 1)
    s.pad_begin, s.pad_end = three(p.pad_begin, 0), three(p.pad_end, 0)
    if samples is not None:
        s.samples = (c_double * len(samples))(*samples)
    return s


class Memory:
    """Bytes at an aligned address."""

    def __init__(self, size):
        self._bytes = ctypes.create_string_buffer(size + ALIGNMENT)
        start = ctypes.addressof(self._bytes)
        self.address = start + -start % ALIGNMENT
        self.size = size

    def write(self, address):
        ctypes.memmove(self.address, address, self.size)

    def read(self, address):
        ctypes.memmove(address, self.address, self.size)


class Backend:
    """A backend of a module, on the host."""

    def __init__(self, file, index=0):
        self._library = ctypes.CDLL(file)
        self._library.poolbench_open_module.restype = POINTER(ModuleStruct)
        module = self._library.poolbench_open_module().contents
        if module.version != VERSION or not 0 <= index < module.backend_count:
            raise RuntimeError(f"{file}: version {module.version} with {module.backend_count} "
                               f"backends; {module.why_unavailable}")
        self._self = module.backends[index]

    def pool(self, p, src, dst, indices=None, samples=None):
        """Computes a problem. src, dst and indices are addresses of dense tensors; `samples` are a
        fractional problem's, planes outermost. Throws Refused with the backend's words."""
        backend = self._self.contents
        struct = to_struct(p, samples)
        message = ctypes.create_string_buffer(MESSAGE_BYTES)
        plan = c_void_p()
        if backend.plan(self._self, ctypes.byref(struct), None, ctypes.byref(plan), message,
                        MESSAGE_BYTES):
            raise Refused(message.value.decode())
        try:
            item = p.kind.itemsize
            planes = p.n * p.c
            outputs = planes * math.prod(p.dst)
            memory = {SRC: (Memory(planes * math.prod(p.src) * item), item),
                      DST: (Memory(outputs * item), item)}
            if indices is not None:
                memory[INDICES] = Memory(outputs * 8), 8
            if scratch := backend.plan_scratch_bytes(plan):
                memory[SCRATCH] = Memory(scratch), 1
            memory[SRC][0].write(src)
            operands = (Operand * len(memory))(*(
                Operand(role, min(role, 2) if role != INDICES else 1, m.size, size, m.address)
                for role, (m, size) in memory.items()))
            at = {role: m.address for role, (m, _) in memory.items()}
            tensors = Tensors(ctypes.sizeof(Tensors), at[SRC], at[DST], at.get(INDICES),
                              at.get(SCRATCH), operands, len(memory))
            if backend.launch(plan, ctypes.byref(tensors), None, message, MESSAGE_BYTES):
                raise RuntimeError(message.value.decode())
            memory[DST][0].read(dst)
            if indices is not None:
                memory[INDICES][0].read(indices)
        finally:
            backend.destroy_plan(plan)
