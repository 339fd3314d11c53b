"""What a commit changes of the CUDA kernels' counts, by the files in which they are kept and which
tests hold to the code: tests/cuda_counts.txt (emulated) and tests/cuda_resources.txt (compiled)."""

import re

COUNTS, RESOURCES = "tests/cuda_counts.txt", "tests/cuda_resources.txt"
COLUMNS = ("warps", "sectors loaded", "at least", "sectors stored", "at least stored",
           "partial warps", "shared accesses", "bank conflicts", "shuffles", "barriers",
           "bytes of shared memory")
FOUND = re.compile(r"^(\S+) .*: (\d+) kernels, (\d+) registers, (\d+) stack, (\d+) code$", re.M)
FOUND_COLUMNS = ("kernels", "registers", "bytes of stack", "bytes of code")


def counts_of(text):
    """{"kernel problem": {column: number}} of a COUNTS file."""
    rows = {}
    for line in text.splitlines():
        if line and line[0] != "#":
            kernel, problem, *numbers = line.split()
            rows[f"{kernel} {problem}"] = dict(zip(COLUMNS, map(int, numbers), strict=True))
    return rows


def resources_of(text):
    """{"pattern": {column: number}} of a RESOURCES file."""
    return {pattern: dict(zip(FOUND_COLUMNS, map(int, numbers)))
            for pattern, *numbers in FOUND.findall(text)}


def change(name, old, new):
    by = f"{100 * (new / old - 1):+.3g} % {name}" if old else f"{name}"
    return f"{by} ({old} to {new})"


def changes(base, head):
    """What differs, a line each row that is on both sides."""
    lines = []
    for row in head:
        words = [change(name, old, head[row][name]) for name, old in base.get(row, {}).items()
                 if old != head[row][name]]
        if words:
            lines.append(f"{row}: {', '.join(words)}")
    return lines


def report(base, head):
    """What the gate says of two trees, {path: text}."""
    lines = []
    for path, read in ((COUNTS, counts_of), (RESOURCES, resources_of)):
        if path not in head:
            continue
        if path not in base:
            lines.append(f"the base has no {path}")
            continue
        old, new = read(base[path]), read(head[path])
        lines += changes(old, new)
        lines += [f"{row}: new" for row in new if row not in old]
        lines += [f"{row}: gone" for row in old if row not in new]
    return lines
