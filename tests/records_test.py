"""Tests the promise of results/record.schema.json: what the program writes has that schema, and a
record of each schema that was released stays readable, in it and by bench/records.py.

    records_test.py POOLBENCH
"""

import copy
import glob
import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))
import records  # noqa: E402
import torch_record  # noqa: E402
from problem_text import BadInput  # noqa: E402

RELEASED = sorted(glob.glob(os.path.join(ROOT, "tests/records/*.json")))


def schema_errors(record):
    """Yields what is wrong with a record. Skips the test where Python has no jsonschema."""
    try:
        import jsonschema
    except ImportError:
        raise unittest.SkipTest("no jsonschema (Debian: python3-jsonschema)") from None
    with open(os.path.join(ROOT, "results/record.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    for error in jsonschema.Draft202012Validator(schema).iter_errors(record):
        yield f"{error.json_path}: {error.message}"


def read(path):
    [(_, record)] = records.read_records([path])
    return record


def with_unknown_fields(value):
    """Returns `value` with one field more in every object."""
    if isinstance(value, dict):
        return {**{key: with_unknown_fields(item) for key, item in value.items()}, "later": 1}
    return [with_unknown_fields(item) for item in value] if isinstance(value, list) else value


class RecordsTest(unittest.TestCase):
    def write(self, record):
        file = tempfile.NamedTemporaryFile("w", suffix=".json", delete=False)
        self.addCleanup(os.remove, file.name)
        with file:
            json.dump(record, file)
        return file.name

    def test_released_records_are_read(self):
        self.assertTrue(RELEASED)
        for path in RELEASED:
            rows = records.median_rows(read(path))
            timed = [row for row in rows if row["status"] == "ok"]
            self.assertTrue(timed, path)
            for row in timed:
                self.assertGreater(records.moved(row), 0)
                self.assertGreater(records.end(row["seconds"], "low"), 0)
                self.assertGreater(records.end(row["share"], "high"), 0)
            self.assertTrue(any(row["status"] == "refused" and row["reason"] for row in rows))

    def test_released_records_have_the_schema(self):
        for path in RELEASED:
            self.assertEqual(list(schema_errors(read(path))), [], path)

    def test_unknown_fields_are_ignored(self):
        for path in RELEASED:
            known = read(path)
            record = copy.deepcopy(known)
            record["context"] = with_unknown_fields(known["context"])
            for row in record["benchmarks"]:
                row["later"] = {"of": "a minor version"}
                row.get("poolbench", {})["later"] = 1
            again = read(self.write(record))
            self.assertEqual(len(records.median_rows(again)), len(records.median_rows(known)))

    def test_a_newer_schema_is_refused(self):
        record = read(RELEASED[-1])
        record["context"]["poolbench"]["schema"] = records.SCHEMA + 1
        with self.assertRaisesRegex(BadInput, "has schema 2: this poolbench knows 1"):
            read(self.write(record))

    def test_a_wrong_type_is_found(self):
        record = read(RELEASED[-1])
        record["context"]["poolbench"]["comparable"]["threads"] = "two"
        self.assertIn("threads", " ".join(schema_errors(record)))

    def test_the_program_writes_the_schema(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "record.json")
            status = subprocess.run(
                [PROGRAM, "bench", "--problem", "max/sliding/f32/nchw/src:1x2x8x8/k:2x2",
                 "--problem", "max/sliding/i32/nchw/src:1x2x8x8/k:2x2", "--backend",
                 "naive,openmp", "--blocks", "2", "--sample-ms", "0.01", "--json", path],
                stdout=subprocess.DEVNULL, check=False).returncode
            self.assertIn(status, (0, 3))  # a busy machine may make a time invalid
            record = read(path)
        self.assertEqual(list(schema_errors(record)), [])
        comparable = record["context"]["poolbench"]["comparable"]
        self.assertEqual(comparable["method"], 2)
        self.assertEqual(torch_record.METHOD, 1, "bench/torch_compile.py rotates as method 1 had it")
        self.assertEqual(comparable["drivers"], {"host": "none"})


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
