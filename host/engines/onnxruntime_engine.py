#!/usr/bin/env python3
"""ONNX Runtime: one node of ONNX, with the tensors bound where they are."""

from poolbench_engine import THREADS, Unavailable, device, serve

DEVICE = device()
import onnxruntime as ort  # noqa: E402
from onnx_model import model_of  # noqa: E402

OPTIONS, RUN = ort.SessionOptions(), ort.RunOptions()
OPTIONS.intra_op_num_threads = THREADS
PROVIDERS, WHERE, NOTE = ["CPUExecutionProvider"], "cpu", ""
if DEVICE:
    PROVIDERS = [("CUDAExecutionProvider", {"user_compute_stream": str(DEVICE.stream.cuda_stream)})]
    WHERE, NOTE = "cuda", "a sample's launches are one CUDA graph"
    RUN.add_run_config_entry("disable_synchronize_execution_providers", "1")
    if PROVIDERS[0][0] not in ort.get_available_providers():
        raise Unavailable("onnxruntime has no CUDAExecutionProvider here; onnxruntime-gpu has")


def place(array):
    return array.data_ptr() if DEVICE else array.ctypes.data


def plan(p):
    session = ort.InferenceSession(model_of(p, "ONNX Runtime"), OPTIONS, PROVIDERS)

    def bind(t):
        binding = session.io_binding()
        binding.bind_input("x", WHERE, 0, p.kind, t.src.shape, place(t.src))
        binding.bind_output("y", WHERE, 0, p.kind, t.dst.shape, place(t.dst))
        return lambda: session.run_with_iobinding(binding, RUN)
    return bind


serve(plan, ort.__version__, rules=["drops_nan", "from_lowest", "running_sum"], note=NOTE,
      device=DEVICE)
