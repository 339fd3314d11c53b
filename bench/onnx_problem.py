"""Expresses ONNX's pooling operators as problems (host/spec.md). Needs the package `onnx`."""

import math

import onnx

TYPES = {"DOUBLE": "f64", "FLOAT": "f32", "FLOAT16": "f16", "BFLOAT16": "bf16", "INT8": "i8",
         "UINT8": "u8", "INT32": "i32"}
SLIDING = {"MaxPool": "max", "AveragePool": "avg_exclude_pad", "LpPool": "lp"}
GLOBAL = {"GlobalMaxPool": "max", "GlobalAveragePool": "avg_include_pad", "GlobalLpPool": "lp"}


class Refused(Exception):
    """No problem says what the node computes: "parameter: reason"."""


def is_pooling(node):
    return node.domain in ("", "ai.onnx") and node.op_type.lower().endswith(("pool", "unpool"))


def tensor_types(graph):
    """The type's name and the shape of each value whose shape is known."""
    found = {}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        tensor = value.type.tensor_type
        shape = [d.dim_value for d in tensor.shape.dim]
        if tensor.HasField("shape") and all(d.HasField("dim_value") for d in tensor.shape.dim):
            found[value.name] = onnx.TensorProto.DataType.Name(tensor.elem_type), shape
    for value in graph.initializer:
        found[value.name] = onnx.TensorProto.DataType.Name(value.data_type), list(value.dims)
    return found


def attributes(node):
    found = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    return {key: v.decode() if isinstance(v, bytes) else v for key, v in found.items()}


def has_indices(node):
    return node.op_type == "MaxPool" and len(node.output) > 1 and node.output[1] != ""


def extents(numbers):
    return "x".join(str(number) for number in numbers)


def sliding_tokens(a, rank):
    """ONNX's strides and dilations are 1 where none are given."""
    if "kernel_shape" not in a:
        raise Refused("kernel_shape: is missing")
    tokens = ["k:" + extents(a["kernel_shape"]), "s:" + extents(a.get("strides", [1] * rank))]
    if any(d != 1 for d in a.get("dilations", [])):
        tokens.append("d:" + extents(a["dilations"]))
    auto_pad = a.get("auto_pad", "NOTSET")
    pads = a.get("pads", [0] * 2 * rank)
    if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        return tokens + [auto_pad.lower()]
    if auto_pad == "VALID":
        return tokens
    if auto_pad != "NOTSET":
        raise Refused(f"auto_pad: '{auto_pad}' is unknown")
    if any(pads):
        tokens.append(f"p:{extents(pads[:rank])}-{extents(pads[rank:])}")
    return tokens + (["ceil"] if a.get("ceil_mode") else [])


def problem_line(node, type_name, shape, layout="nchw"):
    """Returns the problem of a node whose input has this type and shape. Throws Refused."""
    if node.op_type not in SLIDING and node.op_type not in GLOBAL:
        raise Refused(f"operator: {node.op_type} is no pooling of windows")
    if type_name not in TYPES:
        raise Refused(f"type: {type_name} is no type here")
    rank = len(shape) - 2
    if not 1 <= rank <= 3:
        raise Refused(f"src: {rank} spatial axes; 1, 2 or 3 are defined")
    a = attributes(node)
    windowing = "sliding" if node.op_type in SLIDING else "global"
    reduction = SLIDING.get(node.op_type) or GLOBAL[node.op_type]
    if node.op_type == "AveragePool" and a.get("count_include_pad"):
        reduction = "avg_include_pad"
    parts = [reduction, windowing, TYPES[type_name], layout, "src:" + extents(shape)]
    if windowing == "sliding":
        parts += sliding_tokens(a, rank)
    if reduction == "lp":
        parts.append(f"norm:{float(a.get('p', 2)):g}")
    return "/".join(parts + (["idx"] if has_indices(node) else []))


def plane_index(index, extents_of_plane, column_major):
    """Turns ONNX's index, which counts over all planes, into the place in its plane, row-major.
    With storage_order 1 a plane's first axis comes first (host/index_form.h)."""
    index %= math.prod(extents_of_plane)
    if not column_major:
        return index
    place = 0
    for extent in extents_of_plane:
        index, at = divmod(index, extent)
        place = place * extent + at
    return place
