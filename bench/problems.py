"""Problems with everything worked out, by `poolbench list problems --json`: no script parses their
text. Imports only Python's own library: .ci/gpu_summary.py runs where nothing else is installed."""

import json
import os
import subprocess
import tempfile
import types

from records import BadInput

PROGRAM = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                       "build/release/poolbench")


def listed(program, arguments):
    """Returns the problems that `arguments` of `list problems` select, each as an object whose
    fields host/engines/README.md lists. Throws BadInput."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "problems.json")
        try:
            done = subprocess.run([program, "list", "problems", *arguments, "--json", path],
                                  capture_output=True, text=True, check=False)
        except OSError as error:
            raise BadInput(f"{program}: {error.strerror}; --poolbench says where it is") from None
        if done.returncode:
            raise BadInput(done.stderr.strip())
        with open(path, encoding="utf-8") as file:
            return [types.SimpleNamespace(**one) for one in json.load(file)["problems"]]


def worked_out(program, texts):
    """Returns the problems of these lines, as records have them, by line. Throws BadInput."""
    texts = sorted(set(texts))
    if not texts:
        return {}
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(texts) + "\n")
        file.flush()
        problems = listed(program, ["--suite", file.name])
    if len(problems) != len(texts):
        raise BadInput(f"{len(texts)} lines are {len(problems)} problems: some are written twice")
    return dict(zip(texts, problems))
