"""A CUDA device where an engine works (README.md, On a device): memory, stream, graphs and events are
PyTorch's, whatever library pools."""

import re

import numpy as np
import torch
from poolbench_engine import Unavailable


def version_text(number):
    return f"{number // 1000}.{number % 1000 // 10}"


class Cuda:
    """Device 0. All work goes to one stream, `stream`."""

    def __init__(self, name="cuda"):
        if not torch.cuda.is_available():
            raise Unavailable("PyTorch sees no CUDA device")
        self.name, self.cuda = name, torch.cuda
        one = self.cuda.get_device_properties(0)
        driver = version_text(torch._C._cuda_getDriverVersion())
        self.facts = {
            "device": "cuda", "device_name": one.name,
            "uuid": re.sub("[^0-9a-f]", "", str(one.uuid).lower()),
            "driver": f"CUDA {driver} (runtime {torch.version.cuda}, sm_{one.major}{one.minor})",
            "memory": one.total_memory, "cache": one.L2_cache_size}
        self.stream = self.cuda.Stream()
        self.cuda.set_stream(self.stream)
        self.pool = self.cuda.graph_pool_handle()

    def allocate(self, size):
        try:
            return torch.empty(max(size, 1), dtype=torch.uint8, device=self.name)
        except torch.OutOfMemoryError as error:
            raise MemoryError(str(error).splitlines()[0]) from None

    room = allocate

    def put(self, memory, offset, source):
        there = memory[offset:offset + len(source)]
        there.copy_(torch.frombuffer(source, dtype=torch.uint8))  # is done on return

    def get(self, memory, offset, to):
        torch.frombuffer(to, dtype=torch.uint8).copy_(memory[offset:offset + len(to)])

    def fill(self, memory, offset, byte, size):
        memory[offset:offset + size].fill_(byte)
        self.stream.synchronize()

    def copy(self, to, at, memory, offset, size):
        to[at:at + size].copy_(memory[offset:offset + size])
        self.stream.synchronize()

    def array(self, memory, offset, kind, shape):
        """A tensor of whole numbers where NumPy lacks the type, as on the host."""
        dtype = torch.from_numpy(np.empty(0, kind)).dtype
        size = kind.itemsize * int(np.prod(shape, dtype=np.int64))
        return memory[offset:offset + size].view(dtype).reshape(shape)

    def record(self, calls):
        """One CUDA graph, between two events that are its nodes: Python's own time is outside.
        Results stay until the next launch on the same tensors, so that they rotate as inputs do."""
        graph, kept = self.cuda.CUDAGraph(), {}
        begin, end = (self.cuda.Event(enable_timing=True, external=True) for _ in range(2))
        self.stream.synchronize()
        graph.capture_begin(pool=self.pool, capture_error_mode="thread_local")
        try:
            begin.record()
            for i, call in enumerate(calls):
                kept.pop(id(call), None)  # its memory may be used again
                kept[id(call)] = i, call()
            end.record()
        finally:
            graph.capture_end()
        results = dict(kept.values())

        def replay():
            graph.replay()
            self.stream.synchronize()
            return begin.elapsed_time(end) * 1e-3, results
        return replay
