"""A file of JSON lines that grows while there is time: whoever is stopped loses the line in hand."""

import json
import os


def read(path):
    """The lines that are whole."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def append(path, one):
    """Whoever was stopped while he wrote left no end of line."""
    with open(path, "a+b") as file:
        file.seek(0, os.SEEK_END)
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
        file.write(json.dumps(one).encode() + b"\n")
