"""Tests the promise of results/record.schema.json: what the program writes has that schema, and a
record of each schema that was released stays readable, in it and by bench/records.py.

    records_test.py POOLBENCH
"""

import copy
import glob
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))
import records  # noqa: E402
from records import BadInput  # noqa: E402

RELEASED = sorted(glob.glob(os.path.join(ROOT, "tests/records/*.json")))


def schema_errors(record, name="record"):
    """Yields what is wrong with a record, or with that of a race. Skips the test where Python has no jsonschema."""
    try:
        import jsonschema
    except ImportError:
        raise unittest.SkipTest("no jsonschema (Debian: python3-jsonschema)") from None
    with open(os.path.join(ROOT, f"results/{name}.schema.json"), encoding="utf-8") as file:
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


def run_program(path):
    """Times the layers of a network, of which one is refused, into a record. A module takes part."""
    suite = path + ".txt"
    with open(suite, "w", encoding="utf-8") as file:
        file.write("network n\nmax/sliding/f32/nchw/src:1x2x8x8/k:2x2 x3\nmissing x2\n"
                   "max/sliding/i32/nchw/src:1x2x8x8/k:2x2\n")
    module = os.path.join(os.path.dirname(PROGRAM), "modules/example.so")
    status = subprocess.run(
        [PROGRAM, "bench", "--suite", suite, "--backend", "naive,openmp,m",
         "--module", f"m={module}", "--blocks", "2", "--sample-ms", "0.01", "--disturbed", "1e9",
         "--json", path],
        stdout=subprocess.DEVNULL, check=False).returncode
    assert status in (0, 3), status  # a busy machine may make a time invalid


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
            run_program(path)
            record = read(path)
        self.assertEqual(list(schema_errors(record)), [])
        comparable = record["context"]["poolbench"]["comparable"]
        self.assertEqual(comparable["method"], 2)
        self.assertEqual(comparable["drivers"], {"host": "none"})
        [network] = record["context"]["poolbench"]["networks"]
        self.assertEqual((network["name"], network["missing"]), ("n", 2))
        self.assertEqual([layer["times"] for layer in network["layers"]], [3, 1])
        self.assertEqual([len(total["contenders"]) for total in network["totals"]], [3, 3])
        self.assertEqual(record["context"]["poolbench"]["modules"]["m"]["file"],
                         "modules/example.so")


# Whatever reads records and is told their names.
READERS = ("results/picks.py", "results/cpu_summary.py", ".ci/gpu_summary.py")


class SealTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "record.json")
        record = read(RELEASED[-1])
        record["context"]["poolbench"]["schema_minor"] = 2
        self.sealed = records.sealed(record)
        self.seal = json.loads(self.sealed)["context"]["poolbench"]["seal"]

    def refused(self, text, says):
        """Every reader refuses the text, as a file, compressed or in an archive, by these words."""
        def write(suffix, write_to):
            with open(self.path + suffix, "wb") as file:
                write_to(file)
            return self.path + suffix

        def pack(file):
            with tarfile.open(fileobj=file, mode="w:gz") as archive:
                member = tarfile.TarInfo("inside.json")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text))

        for path, name in (
            (write("", lambda file: file.write(text)), self.path),
            (write(".gz", lambda file: file.write(gzip.compress(text))), self.path + ".gz"),
            (write(".tar.gz", pack), "inside.json"),
        ):
            with self.assertRaises(BadInput) as caught:
                read(path)
            self.assertIn(f"{name}: ", str(caught.exception))
            self.assertIn(says, str(caught.exception))
        for reader in READERS:
            result = subprocess.run([sys.executable, os.path.join(ROOT, reader), self.path],
                                    capture_output=True, text=True, check=False)
            self.assertEqual((result.returncode, result.stdout), (4, ""), reader)
            self.assertIn(says, result.stderr)

    def edited(self, before, after):
        self.assertIn(before, self.sealed)
        return self.sealed.replace(before, after, 1)

    def test_an_edit_is_refused_with_both_seals(self):
        digit = self.sealed.index(b'"real_time": ') + len(b'"real_time": ')
        other = bytes([self.sealed[digit] ^ 1])
        for text in (self.sealed[:digit] + other + self.sealed[digit + 1:],
                     self.edited(b"{\n", b"{ \n"),
                     self.edited(b'"status": "refused"', b'"status": "ok"'),
                     self.sealed + b"\n"):
            right = hashlib.sha256(text.replace(self.seal[7:].encode(), 64 * b"0")).hexdigest()
            self.refused(text, "was changed after it was written: its seal is "
                               f"{self.seal}, its content gives sha256:{right}")

    def test_an_edited_or_missing_seal_is_refused(self):
        self.refused(self.edited(self.seal[:9].encode(), b"sha256:zz"), "its content gives none")
        self.refused(self.edited(b'"seal": ', b'"sael": '), "has no seal, and every record of "
                     "schema 1.2 or newer is written with one: it was changed since")

    def test_half_a_record_and_other_json_are_refused(self):
        self.refused(self.sealed[:len(self.sealed) // 2], "is no JSON, or not all of it: ")
        self.refused(b"", "is no JSON, or not all of it: ")
        self.refused(b'{"context": {}, "checks": []}', "is no record of `poolbench bench --json`")
        with open(self.path + ".gz", "wb") as file:
            file.write(gzip.compress(self.sealed)[:-20])
        with self.assertRaisesRegex(BadInput, "ended before the end-of-stream"):
            read(self.path + ".gz")

    def test_older_records_have_none_and_are_named(self):
        result = subprocess.run(
            [sys.executable, os.path.join(ROOT, "results/picks.py"), RELEASED[0]],
            capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0)
        self.assertIn(f"{RELEASED[0]}: has no seal", result.stderr)

    def test_sealing_again_changes_nothing(self):
        self.assertEqual(records.sealed(json.loads(self.sealed)), self.sealed)

    def test_the_program_seals_what_it_writes(self):
        run_program(self.path)
        with open(self.path, "rb") as file:
            text = file.read()
        # As results/README.md says how anyone checks it.
        seal = json.loads(text)["context"]["poolbench"]["seal"]
        blank = text.replace(seal.encode(), b"sha256:" + 64 * b"0")
        self.assertEqual(seal, "sha256:" + hashlib.sha256(blank).hexdigest())
        self.refused(text.replace(b'"status":"ok"', b'"status":"OK"'), "was changed after it was")

    def test_races_and_trials_have_their_schema(self):
        for what in (["--contender", "naive", "--contender", "openmp"], ["--aa", "1"]):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "race.json")
                status = subprocess.run(
                    [PROGRAM, "race", *what, "--problem", "max/sliding/f32/nchw/src:1x2x8x8/k:2x2",
                     "--hot", "--processes", "6", "--blocks", "2", "--sample-ms", "0.01",
                     "--disturbed", "1e9", "--aa-file", "", "--json", path],
                    stdout=subprocess.DEVNULL, check=False).returncode
                self.assertEqual(status, 0)
                with open(path, encoding="utf-8") as file:
                    self.assertEqual(list(schema_errors(json.load(file), "race")), [])


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
