#!/usr/bin/env python3
"""Prints the pooling layers of an ONNX model as a suite (bench/suites/), each with how often it is.

    bench/onnx_problems.py MODEL.onnx [--shape NAME=1x3x224x224] [--layout nhwc] > model.txt
    poolbench bench --suite model.txt

`bench` ends with their sum for each contender. Shapes are inferred; --shape says an input's where
the model leaves it open. Layers that no problem says are counted as missing, each with the reason.
Needs the package `onnx`, and of the model only its graph.
"""
import argparse
import os
import sys

import onnx

from onnx_problem import Refused, is_pooling, problem_line, tensor_types


def set_shape(graph, text):
    """Sets the shape of a graph's input: NAME=1x3x224x224."""
    name, _, shape = text.partition("=")
    for value in graph.input:
        if value.name == name:
            dims = value.type.tensor_type.shape
            dims.ClearField("dim")
            for extent in shape.split("x"):
                dims.dim.add().dim_value = int(extent)
            return
    raise ValueError(f"--shape: '{name}' is no input; {', '.join(v.name for v in graph.input)} are")


def layers(model, layout):
    """Returns the lines of the problems with the names of their nodes, and the reasons of the nodes
    without one."""
    types = tensor_types(onnx.shape_inference.infer_shapes(model, data_prop=True).graph)
    lines, refused = {}, {}
    for node in model.graph.node:
        if not is_pooling(node):
            continue
        name = node.name or node.output[0]
        try:
            if node.input[0] not in types:
                raise Refused(f"src: the shape of '{node.input[0]}' is open; --shape says one")
            lines.setdefault(problem_line(node, *types[node.input[0]], layout), []).append(name)
        except Refused as reason:
            refused[name] = str(reason)
    return lines, refused


def suite_text(source, lines, refused):
    count = sum(len(names) for names in lines.values())
    name = os.path.splitext(os.path.basename(source))[0]
    text = f"# The {count + len(refused)} pooling layers of {source}\nnetwork {name}\n"
    for line, names in lines.items():
        text += f"{line} x{len(names)}  # {', '.join(names)}\n"
    for layer, reason in refused.items():
        text += f"missing  # {layer}: {reason}\n"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=1x3x224x224")
    parser.add_argument("--layout", choices=("nchw", "nhwc"), default="nchw")
    flags = parser.parse_args()
    try:
        model = onnx.load(flags.model, load_external_data=False)
        for shape in flags.shape:
            set_shape(model.graph, shape)
    except Exception as error:  # the parser's errors have no common class
        parser.exit(4, f"onnx_problems: {flags.model}: {error}\n")
    lines, refused = layers(model, flags.layout)
    print(suite_text(flags.model, lines, refused), end="")
    if not lines:
        parser.exit(3, "onnx_problems: no pooling layer is a problem\n")


if __name__ == "__main__":
    sys.exit(main())
