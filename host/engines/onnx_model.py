"""A problem as an ONNX model of one node; for the engines onnxruntime and tensorrt."""

from onnx import helper
from poolbench_engine import Refused

TYPES = {"f64": 11, "f32": 1, "f16": 10, "i8": 3, "u8": 2}  # as ONNX numbers them
NODES = dict(max="MaxPool", avg_include_pad="AveragePool", avg_exclude_pad="AveragePool")


def model_of(p, who):
    """Returns the model's bytes, with tensors x and y. `who`: for refusals."""
    p.require("ONNX", reduction=NODES, dtype=TYPES, layout=["nchw"], indices=[False], divisor=[0])
    p = p.plain("ONNX")
    words = {"kernel_shape": p.kernel, "strides": p.stride, "pads": p.pad_begin + p.pad_end,
             "dilations": p.dilation, "ceil_mode": int(p.ceil)}
    if any(pad >= kernel for pad, kernel in zip(p.pad_begin + p.pad_end, p.kernel * 2)):
        raise Refused(f"p: {who} pads less than a kernel")
    if p.reduction != "max":
        p.require(f"{who}'s average", dtype=["f32", "f16"])
        words["count_include_pad"] = int(p.reduction == "avg_include_pad")
    whole = p.dtype in ("f32", "f16") and p.kernel == p.src and not any(p.pad_begin + p.pad_end)
    name, words = whole * "Global" + NODES[p.reduction], {} if whole else words
    node = helper.make_node(name, ["x"], ["y"], **words)
    x, y = (helper.make_tensor_value_info(name, TYPES[p.dtype], p.shape(extents))
            for name, extents in (("x", p.src), ("y", p.dst)))
    graph, opset = helper.make_graph([node], "pool", [x], [y]), [helper.make_opsetid("", 22)]
    return helper.make_model(graph, ir_version=10, opset_imports=opset).SerializeToString()
