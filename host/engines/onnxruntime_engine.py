#!/usr/bin/env python3
"""ONNX Runtime: one node of ONNX, with the tensors bound where they are."""

import onnxruntime as ort
from onnx import helper
from poolbench_engine import THREADS, Refused, serve

TYPES = {"f64": 11, "f32": 1, "f16": 10, "i8": 3, "u8": 2}  # as ONNX numbers them
OPTIONS = ort.SessionOptions()
OPTIONS.intra_op_num_threads = THREADS
NODES = dict(max="MaxPool", avg_include_pad="AveragePool", avg_exclude_pad="AveragePool")


def plan(p):
    p.require("ONNX", reduction=NODES, dtype=TYPES, layout=["nchw"], indices=[False], divisor=[0])
    p = p.plain("ONNX")
    words = {"kernel_shape": p.kernel, "strides": p.stride, "pads": p.pad_begin + p.pad_end,
             "dilations": p.dilation, "ceil_mode": int(p.ceil)}
    if any(pad >= kernel for pad, kernel in zip(p.pad_begin + p.pad_end, p.kernel * 2)):
        raise Refused("p: ONNX Runtime pads less than a kernel")
    if p.reduction != "max":
        p.require("ONNX Runtime's average", dtype=["f32", "f16"])
        words["count_include_pad"] = int(p.reduction == "avg_include_pad")
    whole = p.dtype in ("f32", "f16") and p.kernel == p.src and not any(p.pad_begin + p.pad_end)
    name, words = whole * "Global" + NODES[p.reduction], {} if whole else words
    node = helper.make_node(name, ["x"], ["y"], **words)
    x, y = (helper.make_tensor_value_info(name, TYPES[p.dtype], p.shape(extents))
            for name, extents in (("x", p.src), ("y", p.dst)))
    graph, opset = helper.make_graph([node], "pool", [x], [y]), [helper.make_opsetid("", 22)]
    model = helper.make_model(graph, ir_version=10, opset_imports=opset)
    session = ort.InferenceSession(model.SerializeToString(), OPTIONS, ["CPUExecutionProvider"])
    def bind(t):
        binding = session.io_binding()
        binding.bind_input("x", "cpu", 0, t.src.dtype, t.src.shape, t.src.ctypes.data)
        binding.bind_output("y", "cpu", 0, t.dst.dtype, t.dst.shape, t.dst.ctypes.data)
        return lambda: session.run_with_iobinding(binding)
    return bind


serve(plan, ort.__version__, rules=["drops_nan", "from_lowest", "running_sum"])
