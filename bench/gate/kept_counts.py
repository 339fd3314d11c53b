"""What a commit changes of the GPU kernels' counts, by the files in which they are kept and which
tests hold to the code: what the emulator counts, and what compilers made."""

import re

CUDA, RESOURCES, VULKAN = (f"tests/{name}.txt" for name in (
    "cuda_counts", "cuda_resources", "vulkan_counts"))
COLUMNS = ("warps", "sectors loaded", "at least", "sectors stored", "at least stored",
           "partial warps", "shared accesses", "bank conflicts", "shuffles", "barriers",
           "bytes of shared memory")
FOUND = re.compile(r"^(\S+) .*: (\d+) kernels, (\d+) registers, (\d+) stack, (\d+) code$", re.M)
FOUND_COLUMNS = ("kernels", "registers", "bytes of stack", "bytes of code")


def cuda_counts(text):
    """{"kernel problem": {column: number}}"""
    rows = {}
    for line in text.splitlines():
        if line and line[0] != "#":
            kernel, problem, *numbers = line.split()
            rows[f"{kernel} {problem}"] = dict(zip(COLUMNS, map(int, numbers), strict=True))
    return rows


def cuda_resources(text):
    """{"pattern": {column: number}}"""
    return {pattern: dict(zip(FOUND_COLUMNS, map(int, numbers)))
            for pattern, *numbers in FOUND.findall(text)}


def vulkan_counts(text):
    """{"kernel problem shader": {what the driver calls it: number}}"""
    rows, case = {}, ""
    for line in text.splitlines():
        if line.startswith("  "):
            shader, _, values = line.strip().partition(": ")
            pairs = (value.rpartition(" ") for value in values.split(", "))
            rows[f"{case} {shader}"] = {name: float(number) for name, _, number in pairs}
        elif line and line[0] != "#":
            case = line
    return rows


READERS = {CUDA: ("CUDA", cuda_counts), RESOURCES: ("CUDA", cuda_resources),
           VULKAN: ("Vulkan", vulkan_counts)}


def change(name, old, new):
    by = f"{100 * (new / old - 1):+.3g} % {name}" if old else name
    return f"{by} ({old:.10g} to {new:.10g})"


def changes(old, new):
    """What differs, a line a row."""
    lines = []
    for row, values in new.items():
        if row not in old:
            lines.append(f"{row}: new")
            continue
        words = [change(name, old[row][name], value) for name, value in values.items()
                 if old[row].get(name, value) != value]
        if words:
            lines.append(f"{row}: {', '.join(words)}")
    return lines + [f"{row}: gone" for row in old if row not in new]


def report(base, head):
    """What the gate says of two trees, {path: text}."""
    lines = []
    for path, (api, read) in READERS.items():
        if path in head and path not in base:
            lines.append(f"{api}  the base has no {path}")
        elif path in head:
            lines += [f"{api}  {line}" for line in changes(read(base[path]), read(head[path]))]
        elif path in base:
            lines.append(f"{api}  the head has no {path}")
    return lines
