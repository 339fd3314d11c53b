#!/usr/bin/env python3
"""bench/onnx_*.py: operators as problems, tests as golden files, layers of a model as a suite.
Needs the package `onnx`, without which it is skipped.

    onnx_test.py POOLBENCH
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))
PROGRAM = sys.argv.pop() if len(sys.argv) > 1 else ""
HAS_ONNX = importlib.util.find_spec("onnx") is not None
if HAS_ONNX:
    import numpy
    from onnx import TensorProto, helper, numpy_helper
    from onnx_problem import Refused, plane_index, problem_line
    from onnx_problems import layers, set_shape, suite_text


def node(op, outputs=("y",), **attributes):
    return helper.make_node(op, ["x"], list(outputs), **attributes)


def model(nodes, src, dst):
    def value(name, shape, kind=TensorProto.FLOAT):
        return helper.make_tensor_value_info(name, kind, shape)

    results = [value("y", dst)]
    if len(nodes[-1].output) == 2:
        results.append(value("i", dst, TensorProto.INT64))
    graph = helper.make_graph(nodes, "g", [value("x", src)], results)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 12)], ir_version=7)


@unittest.skipUnless(HAS_ONNX, "no package onnx")
class Line(unittest.TestCase):
    def is_line(self, made, expected, shape=(1, 3, 8, 9), kind="FLOAT"):
        self.assertEqual(problem_line(made, kind, list(shape)), expected)

    def test_strides_and_dilations_are_1_where_none_are_given(self):
        self.is_line(node("MaxPool", kernel_shape=[2, 3]),
                     "max/sliding/f32/nchw/src:1x3x8x9/k:2x3/s:1x1")
        self.is_line(node("MaxPool", kernel_shape=[2], dilations=[3], strides=[4]),
                     "max/sliding/u8/nchw/src:1x3x8/k:2/s:4/d:3", (1, 3, 8), "UINT8")

    def test_pads_are_all_begins_and_then_all_ends(self):
        self.is_line(node("AveragePool", kernel_shape=[3, 3], pads=[0, 1, 2, 0], ceil_mode=1),
                     "avg_exclude_pad/sliding/f32/nchw/src:1x3x8x9/k:3x3/s:1x1/p:0x1-2x0/ceil")

    def test_padding_can_be_counted(self):
        self.is_line(node("AveragePool", kernel_shape=[3], count_include_pad=1),
                     "avg_include_pad/sliding/f16/nchw/src:1x3x8/k:3/s:1", (1, 3, 8), "FLOAT16")

    def test_auto_pad_says_padding_and_size(self):
        for auto_pad, ends in (("SAME_UPPER", "/same_upper"), ("SAME_LOWER", "/same_lower"),
                               ("VALID", ""), ("NOTSET", "/ceil")):
            self.is_line(node("MaxPool", kernel_shape=[3], auto_pad=auto_pad, ceil_mode=1),
                         "max/sliding/f32/nchw/src:1x3x8/k:3/s:1" + ends, (1, 3, 8))

    def test_global_and_lp(self):
        self.is_line(node("GlobalAveragePool"), "avg_include_pad/global/f32/nchw/src:1x3x8x9")
        self.is_line(node("GlobalMaxPool"), "max/global/f64/nchw/src:1x3x8", (1, 3, 8), "DOUBLE")
        self.is_line(node("GlobalLpPool", p=3), "lp/global/f32/nchw/src:1x3x8x9/norm:3")
        self.is_line(node("LpPool", kernel_shape=[2, 2]),
                     "lp/sliding/f32/nchw/src:1x3x8x9/k:2x2/s:1x1/norm:2")

    def test_indices_are_a_second_output(self):
        self.is_line(node("MaxPool", ("y", "i"), kernel_shape=[2, 2]),
                     "max/sliding/f32/nchw/src:1x3x8x9/k:2x2/s:1x1/idx")

    def test_refusals_name_the_parameter(self):
        for made, shape, kind, says in (
                (node("MaxUnpool", kernel_shape=[2]), (1, 1, 4), "FLOAT", "operator: MaxUnpool"),
                (node("MaxPool", kernel_shape=[2]), (1, 1, 4), "INT64", "type: INT64"),
                (node("GlobalMaxPool"), (1, 1, 1, 1, 1, 4), "FLOAT", "src: 4 spatial axes"),
                (node("GlobalMaxPool"), (1, 4), "FLOAT", "src: 0 spatial axes"),
                (node("MaxPool", kernel_shape=[2], auto_pad="HALF"), (1, 1, 4), "FLOAT",
                 "auto_pad: 'HALF'"),
                (node("MaxPool"), (1, 1, 4), "FLOAT", "kernel_shape: is missing")):
            with self.assertRaisesRegex(Refused, says):
                problem_line(made, kind, list(shape))

    def test_an_index_counts_over_all_planes_in_rows_or_columns(self):
        self.assertEqual([plane_index(i, [2, 3], False) for i in range(6, 12)], [0, 1, 2, 3, 4, 5])
        self.assertEqual([plane_index(i, [2, 3], True) for i in range(6, 12)], [0, 3, 1, 4, 2, 5])
        # d, h, w = 1, 0, 2 of 2 x 3 x 4, in the second plane
        self.assertEqual(plane_index(24 + 1 + 2 * (0 + 3 * 2), [2, 3, 4], True), 12 + 0 + 2)
        self.assertEqual(plane_index(7, [5], True), 2)


@unittest.skipUnless(HAS_ONNX, "no package onnx")
class Layers(unittest.TestCase):
    NET = [("x", "a"), ("a", "b"), ("b", "y")]

    def net(self, src):
        nodes = [helper.make_node("MaxPool", [x], [y], name="pool_" + y, kernel_shape=[3, 3],
                                  pads=[1, 1, 1, 1]) for x, y in self.NET[:2]]
        nodes.append(helper.make_node("GlobalAveragePool", ["b"], ["y"]))
        return model(nodes, src, None)

    def test_equal_layers_are_one_line_with_their_number(self):
        lines, refused = layers(self.net([1, 4, 6, 6]), "nchw")
        self.assertEqual(refused, {})
        text = suite_text("models/net.onnx", lines, {"z": "dtype: INT64"})
        self.assertEqual(text.splitlines(), [
            "# The 4 pooling layers of models/net.onnx",
            "network net",
            "max/sliding/f32/nchw/src:1x4x6x6/k:3x3/s:1x1/p:1x1-1x1 x2  # pool_a, pool_b",
            "avg_include_pad/global/f32/nchw/src:1x4x6x6 x1  # y",
            "missing  # z: dtype: INT64"])

    @unittest.skipUnless(PROGRAM, "no program")
    def test_the_program_sums_the_layers_up(self):
        with tempfile.TemporaryDirectory() as folder:
            suite, record = os.path.join(folder, "net.txt"), os.path.join(folder, "net.json")
            with open(suite, "w", encoding="utf-8") as file:
                file.write(suite_text("net", *layers(self.net([1, 4, 6, 6]), "nchw")))
            done = subprocess.run(
                [PROGRAM, "bench", "--suite", suite, "--backend", "naive", "--blocks", "2",
                 "--sample-ms", "0.01", "--disturbed", "1e9", "--submits", "0", "--json", record],
                capture_output=True, text=True, check=False)
            self.assertIn("net: 3 pooling layers; compared cold: ", done.stdout + done.stderr)
            with open(record, encoding="utf-8") as file:
                [network] = json.load(file)["context"]["poolbench"]["networks"]
            self.assertEqual([layer["times"] for layer in network["layers"]], [2, 1])

    def test_an_open_shape_is_refused_until_it_is_said(self):
        net = self.net(["n", 4, 6, 6])
        lines, refused = layers(net, "nchw")
        self.assertEqual(lines, {})
        self.assertIn("src: the shape of 'x' is open", refused["pool_a"])
        set_shape(net.graph, "x=2x4x6x6")
        lines, refused = layers(net, "nhwc")
        self.assertEqual(refused, {})
        self.assertIn("avg_include_pad/global/f32/nhwc/src:2x4x6x6", lines)
        with self.assertRaisesRegex(ValueError, "'z' is no input; x are"):
            set_shape(net.graph, "z=1")


@unittest.skipUnless(HAS_ONNX and PROGRAM, "no package onnx, or no program")
class Tests(unittest.TestCase):
    def run_tests(self, change=lambda array: array, more=()):
        """Runs a folder of a pooling test, whose expected output is changed, and a MaxUnpool."""
        x = numpy.arange(18, dtype=numpy.float32).reshape(1, 2, 3, 3)
        y = numpy.array([[[[4, 5], [7, 8]], [[13, 14], [16, 17]]]], dtype=numpy.float32)
        columns = numpy.array([[[[4, 7], [5, 8]], [[13, 16], [14, 17]]]], dtype=numpy.int64)
        pool = node("MaxPool", ("y", "i"), kernel_shape=[2, 2], storage_order=1)
        unpool = helper.make_node("MaxUnpool", ["x", "x"], ["y"], kernel_shape=[2, 2])
        with tempfile.TemporaryDirectory() as folder:
            for name, made in (("test_pool", pool), ("test_unpool", unpool)):
                data = os.path.join(folder, "node", name, "test_data_set_0")
                os.makedirs(data)
                with open(os.path.join(folder, "node", name, "model.onnx"), "wb") as file:
                    file.write(model([made], x.shape, y.shape).SerializeToString())
                for file_name, array in (("input_0", x), ("output_0", change(y)),
                                         ("output_1", columns)):
                    with open(os.path.join(data, file_name + ".pb"), "wb") as file:
                        file.write(numpy_helper.from_array(array).SerializeToString())
            return subprocess.run(
                [sys.executable, os.path.join(ROOT, "bench/onnx_tests.py"), "--tests", folder,
                 "--poolbench", PROGRAM, "--backend", "naive", *more],
                capture_output=True, text=True, check=False)

    def test_what_comes_out_is_right_in_both_layouts(self):
        for more in ((), ("--layout", "nhwc")):
            done = self.run_tests(more=more)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("2 pooling tests, 1 are problems, 1 are refused\n"
                          "  test_unpool_0: operator: MaxUnpool", done.stdout)
            self.assertRegex(done.stdout, r"naive +1 +0 +0")

    def test_another_output_is_a_wrong_result(self):
        done = self.run_tests(change=lambda y: y + numpy.float32(1e-5))
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("golden numbers are missed", done.stdout)


if __name__ == "__main__":
    unittest.main()
