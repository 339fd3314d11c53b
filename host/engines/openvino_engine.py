#!/usr/bin/env python3
"""OpenVINO: a model of one operation, tensors set in place. i32 and i64 it has in f32 and i32."""

import openvino as ov
from openvino import opset14
from poolbench_engine import THREADS, Refused, serve

TYPES = {dtype: getattr(ov.Type, dtype) for dtype in ("f32", "f16", "bf16", "i16", "i8", "u8")}


def plan(p):
    p.require("OpenVINO", reduction=["max", "avg_include_pad", "avg_exclude_pad"], dtype=TYPES,
              indices=[False], divisor=[0], layout=["nchw"])
    p, average = p.plain("OpenVINO"), p.reduction != "max"
    if average:
        p.require("OpenVINO's average", dilation=[(1,) * p.rank], dtype=["f32", "f16", "bf16"])
    if p.reduction == "avg_include_pad" and any(p.overrun()):
        raise Refused("ceil: OpenVINO also counts what ceil adds behind the padding")
    kind, where = TYPES[p.dtype], (p.pad_begin, p.pad_end, p.kernel)
    rounding = "ceil_torch" if p.ceil else "floor"
    hints = {"INFERENCE_NUM_THREADS": THREADS,
             "INFERENCE_PRECISION_HINT": p.dtype if "f" in p.dtype else "f32"}
    x = opset14.parameter(p.shape(p.src), kind)
    try:  # which shapes it takes
        y = (opset14.avg_pool(x, p.stride, *where, p.reduction == "avg_exclude_pad", rounding)
             if average else opset14.max_pool(x, p.stride, p.dilation, *where, rounding))
        model = ov.compile_model(ov.Model([y.output(0)], [x]), "CPU", hints)
    except RuntimeError as error:
        raise Refused(f"src: OpenVINO says {str(error).splitlines()[0]}") from None
    if tuple(model.output(0).shape) != p.shape(p.dst):
        raise Refused("ceil: OpenVINO has another last window where padding exceeds the kernel")
    def bind(t):
        request = model.create_infer_request()
        request.set_input_tensor(ov.Tensor(t.src, t.src.shape, kind))
        request.set_output_tensor(ov.Tensor(t.dst, t.dst.shape, kind))
        return request.infer
    return bind


serve(plan, ov.__version__, rules=["drops_nan", "from_lowest", "running_sum", "flushes_subnormals"])
