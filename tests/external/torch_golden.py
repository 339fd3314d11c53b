"""Golden files (tests/golden/README.md) of PyTorch's values, packed into one archive."""

import datetime
import gzip
import io
import math
import random
import tarfile

import numpy
import torch

MOST_NUMBERS = 4000  # of one file


def words(tensor, layout):
    """The shortest decimals that the type rounds back to, in the layout's order."""
    if layout == "nhwc":
        tensor = tensor.movedim(1, -1)
    tensor = tensor.detach()
    array = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).flatten().numpy()
    if array.dtype.kind in "iu":
        return " ".join(str(x) for x in array.tolist())
    text = (numpy.format_float_scientific(x, trim="-") if x and not 1e-4 < abs(x) < 1e6
            else numpy.format_float_positional(x, trim="-") for x in array)
    return " ".join(text)


def rounded_words(tensor, layout):
    """13 decimals of an average: PyTorch's f64 sums round too."""
    if layout == "nhwc":
        tensor = tensor.movedim(1, -1)
    return " ".join(f"~{x:.13f}" if math.isfinite(x) else str(x) for x in tensor.flatten().tolist())


def golden_text(line, answer):
    p = answer.problem
    write = words if p.reduction == "max" else rounded_words
    parts = [f"problem: {line}", "input: " + words(answer.src, p.layout),
             "output: " + write(answer.dst, p.layout)]
    if p.indices:
        parts.append("indices: " + words(answer.indices, p.layout))
    return "\n".join(parts) + "\n"


class Golden:
    def __init__(self):
        self.answers = {}  # the first one of each problem's line

    def add(self, answer):
        p = answer.problem
        line = p.text
        if answer.samples is not None:
            if p.n * p.c != 1:
                return  # a line has samples for all planes alike
            line = line.replace("/idx", f"/samples:{'x'.join(map(repr, answer.samples))}/idx")
        numbers = p.n * p.c * (math.prod(p.src) + math.prod(p.dst))
        if line in self.answers or p.n == 0 or numbers > MOST_NUMBERS:
            return
        self.answers[line] = answer

    def chosen(self, count):
        """All of the kinds that are few, and of the others what fits, drawn by a fixed seed."""
        kinds = {}
        for line, answer in self.answers.items():
            p = answer.problem
            kinds.setdefault((p.reduction, p.windowing, p.dtype, p.layout, p.rank), []).append(line)
        draw = random.Random(1)
        lines = []
        for place, kind in enumerate(sorted(kinds.values(), key=len)):
            share = math.ceil((count - len(lines)) / (len(kinds) - place))
            lines += draw.sample(kind, min(share, len(kind)))
        return sorted(lines)

    def write(self, path, count):
        """The same content gives the same bytes on the same day."""
        head = f"# PyTorch {torch.__version__} on a CPU, in f64, {datetime.date.today()}\n"
        with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as packed, \
                tarfile.open(fileobj=packed, mode="w") as archive:
            for number, line in enumerate(self.chosen(count)):
                text = (head + golden_text(line, self.answers[line])).encode()
                info = tarfile.TarInfo(f"torch_{number:04}.txt")
                info.size = len(text)
                archive.addfile(info, io.BytesIO(text))
