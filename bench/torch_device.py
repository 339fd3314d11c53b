"""The CUDA device and the compiled problems that bench/torch_compile.py times."""

import collections
import re
import time

from problem_text import count, dst_extents
from torch_problem import Refused, Wrong, compute, input_of, judge, outputs_of

WAKE_SECONDS = 0.1  # as in bench/commands/bench.cpp


def first_line(error):
    return str(error).strip().split("\n")[0][:300]


class Device:
    """PyTorch, the facts that a record holds of the device, and the way to open cases."""

    def __init__(self, torch, mode):
        self.torch, self.mode = torch, mode
        properties = torch.cuda.get_device_properties(0)
        self.version = f"torch {torch.__version__}"
        self.facts = {
            "substrate": "cuda",
            "name": properties.name,
            "uuid": re.sub("[^0-9a-f]", "", str(properties.uuid).lower()),
            "driver": f"CUDA {torch.version.cuda} (sm_{properties.major}{properties.minor})",
            "memory_bytes": properties.total_memory,
            "cache_bytes": properties.L2_cache_size,
        }

    def open(self, p):
        return Case(self.torch, p, self.mode)


def open_device(mode):
    """Throws LookupError where there is no PyTorch or no device."""
    try:
        import torch
        import torch._dynamo
        import torch._inductor.metrics
    except ImportError as error:
        raise LookupError(f"no PyTorch here ({error})") from None
    if not torch.cuda.is_available():
        raise LookupError("PyTorch sees no CUDA device")
    return Device(torch, mode)


class Case:
    """A problem compiled for the device, judged and ready to be timed."""

    def __init__(self, torch, p, mode, device="cuda"):
        self.torch = torch
        torch._dynamo.reset()  # Dynamo stops compiling a function after a few shapes
        metrics = torch._inductor.metrics
        metrics.reset()
        self.base = input_of(torch, p, device)
        function = compute(torch, p)
        with torch.no_grad():
            self.compiled = torch.compile(function, dynamic=False, fullgraph=True, mode=mode)
            try:
                result = outputs_of(self.compiled(self.base))
            except torch.OutOfMemoryError:
                raise
            except Exception as error:
                raise Refused(f"type: PyTorch says {first_line(error)}") from error
        # Where Inductor generates no kernel, ATen's runs.
        self.kernel = "inductor" if metrics.generated_kernel_count > 0 else "aten"
        self.checked = judge(torch, p, self.base, result)
        self.expected = [output.clone() for output in result]
        self.outputs = p.n * p.c * count(dst_extents(p))
        self.footprint = sum(t.numel() * t.element_size() for t in (self.base, *result))
        self.inputs, self.kept, self.at, self.graph = [], collections.deque(), 0, None
        if device == "cuda":
            self.stream = torch.cuda.Stream()
            self.pool = torch.cuda.graph_pool_handle()
            self.wake()

    def wake(self):
        """Keeps the device busy until its clocks have risen: it was idle while the problem was
        compiled and judged."""
        end = time.monotonic() + WAKE_SECONDS
        with self.torch.no_grad():
            while time.monotonic() < end:
                self.compiled(self.base)
                self.torch.cuda.synchronize()

    def rotate(self, sets):
        """Makes later launches rotate over `sets` inputs and as many outputs."""
        self.kept.clear()
        self.inputs = [self.base] + [self.base.clone() for _ in range(sets - 1)]
        self.at = 0

    def launch(self):
        if len(self.kept) == len(self.inputs):
            self.kept.popleft()  # before the launch, which reuses its memory
        self.kept.append(outputs_of(self.compiled(self.inputs[self.at])))
        self.at = (self.at + 1) % len(self.inputs)

    def sample(self, launches):
        """Returns the seconds of one launch. The two events are nodes of the replayed graph of
        `launches` launches, so the graph's upload and Python's own time are not counted."""
        cuda = self.torch.cuda
        graph = cuda.CUDAGraph()
        start, end = (cuda.Event(enable_timing=True, external=True) for _ in range(2))
        cuda.synchronize()
        with self.torch.no_grad(), cuda.stream(self.stream):
            graph.capture_begin(pool=self.pool, capture_error_mode="thread_local")
            try:
                start.record()
                for _ in range(launches):
                    self.launch()
                end.record()
            finally:
                graph.capture_end()
            # Frees the graph before this one only now, so that the memory pool stays in use. Events
            # must live as long as their graph.
            self.graph, self.events = graph, (start, end)
            graph.replay()
        self.stream.synchronize()
        return start.elapsed_time(end) * 1e-3 / launches

    def check_timed(self):
        """Replays the graph once more; throws Wrong unless it writes the output that was judged."""
        last = self.kept[-1]
        for output in last:
            output.fill_(77)
        self.torch.cuda.synchronize()
        with self.torch.cuda.stream(self.stream):
            self.graph.replay()
        self.torch.cuda.synchronize()
        for output, expected in zip(last, self.expected):
            if not self.torch.equal(output, expected):
                raise Wrong("the timed output differs from the checked one")

    def close(self):
        self.inputs, self.graph = [], None
        self.kept.clear()
