#!/usr/bin/env python3
"""A value of the spec's enums that a switch does not handle is refused by the compiler.

Adds a value to each enum in a copy of its header, and compiles against it, with the project's
options, a switch over the values that there were, and the source that gives the enum its meaning.

    unhandled_enum_value_test.py BUILD_FOLDER
"""
import json
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADERS = ["kernels/pool_args.h", "kernels/operands.h", "kernels/family.h", "host/problem.h"]
ENUM = re.compile(r"enum class (\w+)(?: : int32_t)? \{([^}]*)\};")
# Where a switch says what each value means; no switch is over the other enums.
MEANINGS = {
    "Reduction": "host/reference.cpp",
    "Windowing": "host/problem.cpp",
    "DType": "kernels/naive/naive.cpp",
    "Role": "host/operands.cpp",
    "Parameter": "host/refusal.cpp",
}
BUILD = Path(sys.argv.pop(1))
COMMANDS = {
    str(Path(entry["file"]).relative_to(ROOT)): entry
    for entry in json.loads((BUILD / "compile_commands.json").read_text())
    if Path(entry["file"]).is_relative_to(ROOT)
}


def compile_like(model, source, folder):
    """Compiles `source` by the command of the file `model`, headers in `folder` first."""
    entry = COMMANDS[model]
    words = shlex.split(entry["command"])
    # Warnings as errors are an option of whoever builds; this error is the project's.
    words = [word for word in words if word not in ("-Werror", entry["file"], "-c")]
    del words[words.index("-o"):words.index("-o") + 2]
    command = words + ["-fsyntax-only", "-x", "c++", str(source)]
    first = next(i for i, word in enumerate(command) if word.startswith("-I"))
    command[first:first] = [f"-I{folder}"]
    return subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True,
                          env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"})


class UnhandledEnumValue(unittest.TestCase):
    def expect_refused(self, result):
        self.assertNotEqual(result.returncode, 0, "was compiled")
        self.assertRegex(result.stderr, r"error: enumeration value .kPlanted. not handled in switch")

    def test_the_compiler_refuses_it(self):
        found = set()
        for header in HEADERS:
            text = (ROOT / header).read_text()
            for enum in ENUM.finditer(text):
                name, body = enum.groups()
                found.add(name)
                with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                    self.plant(Path(folder), header, text, enum, name, body)
        self.assertLessEqual(MEANINGS.keys() | {"Layout", "Access", "AutoPad"}, found)

    def plant(self, folder, header, text, enum, name, body):
        comma = "" if "POOLBENCH_VALUE" in body else ", "  # a list in a macro ends with one
        planted = folder / "planted" / header
        planted.parent.mkdir(parents=True)
        planted.write_text(text[:enum.end(2)] + comma + "kPlanted" + text[enum.end(2):])
        same = folder / "same"
        same.mkdir()

        values = re.findall(r"\b(k\w+)\b", body)
        for macro in re.findall(r"(POOLBENCH_\w+)\(POOLBENCH_VALUE\)", body):
            rows = re.search(rf"#define {macro}\(X\)((?:.*\\\n)*.*)", text).group(1)
            values += re.findall(r"X\((k\w+),", rows)
        self.assertGreaterEqual(len(values), 2)
        source = folder / "switch.cpp"
        cases = "\n".join(f"    case poolbench::{name}::{value}: return {i};"
                          for i, value in enumerate(values))
        source.write_text(f'#include "{header}"\nint number(poolbench::{name} value);\n'
                          f"int number(poolbench::{name} value) {{\n  switch (value) {{\n{cases}\n"
                          "  }\n  return -1;\n}\n")
        whole = compile_like("host/problem.cpp", source, same)
        self.assertEqual(whole.returncode, 0, whole.stderr)
        self.expect_refused(compile_like("host/problem.cpp", source, folder / "planted"))
        if name in MEANINGS:
            model = MEANINGS[name]
            self.expect_refused(compile_like(model, ROOT / model, folder / "planted"))


if __name__ == "__main__":
    unittest.main()
