#!/usr/bin/env python3
"""TensorRT, on CUDA alone: an engine built of one node of ONNX."""

import sys

from poolbench_engine import Refused, device, serve

sys.argv += ["--device", "cuda"]
DEVICE = device()
import tensorrt as trt  # noqa: E402
from onnx_model import model_of  # noqa: E402

LOGGER = trt.Logger(trt.Logger.ERROR)
TYPED = 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)  # computes in the types given


def plan(p):
    p.require("TensorRT", dtype=["f32", "f16"], rank=[2, 3], dilation=[(1,) * p.rank])
    builder = trt.Builder(LOGGER)
    network = builder.create_network(TYPED)
    parser = trt.OnnxParser(network, LOGGER)
    if not parser.parse(model_of(p, "TensorRT")):
        raise Refused(f"src: TensorRT says {parser.get_error(0).desc()}")
    built = builder.build_serialized_network(network, builder.create_builder_config())
    if built is None or tuple(network.get_output(0).shape) != p.shape(p.dst):
        raise Refused("ceil: TensorRT has another output, or cannot build it")
    engine = trt.Runtime(LOGGER).deserialize_cuda_engine(built)
    context = engine.create_execution_context()

    def launch(t):
        if not (context.set_tensor_address("x", t.src.data_ptr()) and
                context.set_tensor_address("y", t.dst.data_ptr()) and
                context.execute_async_v3(DEVICE.stream.cuda_stream)):
            raise RuntimeError("TensorRT does not take the launch")
    return lambda t: lambda: launch(t)


serve(plan, trt.__version__, rules=["drops_nan", "from_lowest", "running_sum"],
      note="a sample's launches are one CUDA graph", device=DEVICE)
