#!/usr/bin/env python3
"""Runs ONNX's own tests of pooling operators: their inputs, and the outputs that must come out.

    bench/onnx_tests.py [--tests DIR] [--layout nhwc] [arguments of `poolbench check`]

DIR holds folders with model.onnx and test_data_set_*/{input,output}_*.pb, as Debian's
libonnx-testdata does. Without it: the tests that the package `onnx` makes and brings. Each pooling
test becomes a golden file (tests/golden/README.md), and `check --golden` judges it. What no problem
says is refused by name. Ends as `poolbench check` does.
"""
import argparse
import collections
import os
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import numpy_helper

from onnx_problem import (Refused, attributes, has_indices, is_pooling, plane_index, problem_line,
                          tensor_types)
from problems import PROGRAM, listed
from records import BadInput

SHAPING = ("Squeeze", "Unsqueeze", "Reshape", "Flatten", "Identity")  # they keep order and values

Test = collections.namedtuple("Test", "name model inputs outputs")


def read_tensor(path):
    tensor = onnx.TensorProto()
    with open(path, "rb") as file:
        tensor.ParseFromString(file.read())
    return numpy_helper.to_array(tensor)


def tensors(folder, kind):
    count = sum(name.startswith(kind + "_") for name in os.listdir(folder))
    return [read_tensor(os.path.join(folder, f"{kind}_{i}.pb")) for i in range(count)]


def read_tests(root):
    """The pooling tests of every folder below `root`."""
    for folder, folders, files in os.walk(root):
        folders.sort()
        if "model.onnx" not in files:
            continue
        model = onnx.load(os.path.join(folder, "model.onnx"))
        if not any(is_pooling(node) for node in model.graph.node):
            continue
        for data in (d for d in folders if d.startswith("test_data_set_")):
            path = os.path.join(folder, data)
            name = os.path.basename(folder) + data.replace("test_data_set", "")
            yield Test(name, model, tensors(path, "input"), tensors(path, "output"))


def packaged_tests():
    """Those that the package makes, and those that it brings as files."""
    from onnx.backend.test.case.node import collect_testcases  # makes every operator's: seconds

    with numpy.errstate(all="ignore"):
        cases = collect_testcases(None)
    for case in cases:
        if any(is_pooling(node) for node in case.model.graph.node):
            for i, (inputs, outputs) in enumerate(case.data_sets):
                yield Test(f"{case.name}_{i}", case.model, inputs, outputs)
    yield from read_tests(os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data"))


def pooling_node(model):
    """The one pooling node in a graph that does nothing else, with the type and shape of its input
    and the shape of its output."""
    nodes = [node for node in model.graph.node if node.op_type not in SHAPING]
    if len(nodes) != 1:
        raise Refused(f"graph: {len(nodes)} operators compute something; one is expected")
    types = tensor_types(onnx.shape_inference.infer_shapes(model).graph)
    (type_name, src), (_, dst) = types[nodes[0].input[0]], types[nodes[0].output[0]]
    return nodes[0], type_name, src, dst


def number(x):
    return str(int(x)) if x.dtype.kind in "iu" else repr(float(x))


def rounded_number(x):
    """A sum that is an f32 of four to six decimals was written by hand, and its last digit is not
    always right (0.2841 for 0.28404): ONNX accepts errors of 1e-3."""
    if x.dtype == numpy.float32 and numpy.isfinite(x):
        text = numpy.format_float_positional(x)
        decimals = len(text.partition(".")[2])
        if 4 <= decimals <= 6:
            return f"~{x:.{decimals - 1}f}"
    return number(x)


def golden(test, layout):
    """Returns the problem's line and a golden file's text. Throws Refused."""
    node, type_name, src, dst = pooling_node(test.model)
    line = problem_line(node, type_name, src, layout)

    def words(array, shape, word=number):
        array = array.reshape(shape)
        array = numpy.moveaxis(array, 1, -1) if layout == "nhwc" else array
        return " ".join(word(x) for x in array.flat)

    lines = [f"# ONNX: {test.name}", "problem: " + line, "input: " + words(test.inputs[0], src),
             "output: " + words(test.outputs[0], dst,
                                number if "MaxPool" in node.op_type else rounded_number)]
    if has_indices(node):
        column_major = attributes(node).get("storage_order", 0) == 1
        places = numpy.vectorize(lambda i: plane_index(i, src[2:], column_major), otypes=[int])
        lines.append("indices: " + words(places(test.outputs[1]), dst))
    return line, "\n".join(lines) + "\n"


def require_valid(program, line):
    try:
        listed(program, ["--problem", line])
    except BadInput as error:
        raise Refused(str(error).removeprefix("poolbench: ")) from None


def write_golden(tests, folder, layout, program):
    """Writes a file for each test that a problem says, and returns the others with the reason."""
    refused, written = {}, 0
    for test in tests:
        try:
            line, text = golden(test, layout)
            require_valid(program, line)
        except Refused as reason:
            refused[test.name] = str(reason)
            continue
        written += 1
        with open(os.path.join(folder, test.name + ".txt"), "w", encoding="utf-8") as file:
            file.write(text)
    return written, refused


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    parser.add_argument("--tests", help="folder with folders of tests [the package's own]")
    parser.add_argument("--layout", choices=("nchw", "nhwc"), default="nchw")
    parser.add_argument("--poolbench", default=PROGRAM)
    parser.add_argument("--keep", help="write the golden files to this folder")
    flags, more = parser.parse_known_args()
    if flags.tests and not os.path.isdir(flags.tests):
        parser.exit(4, f"onnx_tests: {flags.tests} is no folder\n")
    with tempfile.TemporaryDirectory() as folder:
        if flags.keep:
            folder = flags.keep
            os.makedirs(folder, exist_ok=True)
        tests = read_tests(flags.tests) if flags.tests else packaged_tests()
        written, refused = write_golden(tests, folder, flags.layout, flags.poolbench)
        print(f"onnx {onnx.__version__}: {written + len(refused)} pooling tests, "
              f"{written} are problems, {len(refused)} are refused")
        for name, reason in sorted(refused.items()):
            print(f"  {name}: {reason}")
        if written == 0:
            parser.exit(3, "onnx_tests: no test to run\n")
        sys.stdout.flush()
        sys.exit(subprocess.run([flags.poolbench, "check", "--golden", folder] + more,
                                check=False).returncode)


if __name__ == "__main__":
    main()
