#!/usr/bin/env python3
"""Links the module of the OpenMP backend again: the same code at other addresses.

    bench/race/relink.py BUILD OUT SEED

BUILD is a build folder of Ninja's with tests, OUT the module to write. The kernels' objects come in
an order that SEED draws, with padding of up to a page between them.
"""
import os
import random
import shlex
import subprocess
import sys
import tempfile
from collections import Counter

MODULE = "modules/openmp_again.so"
KERNELS = "kernels/libpoolbench_openmp.a"
PAGE = 4096


def link_command(build):
    """The words of the command that links the module, and where its output stands in them."""
    commands = subprocess.run(["ninja", "-C", build, "-t", "commands", MODULE], check=True,
                              capture_output=True, text=True).stdout.splitlines()
    words = [word for word in shlex.split(commands[-1]) if word not in (":", "&&")]
    return words, words.index("-o") + 1


def unpack(archive, folder):
    """Extracts all objects; those of several instruction sets have the same names."""
    names = subprocess.run(["ar", "t", archive], check=True, capture_output=True,
                           text=True).stdout.split()
    seen, objects = Counter(), []
    for name in names:
        seen[name] += 1
        subprocess.run(["ar", "xN", str(seen[name]), archive, name], check=True, cwd=folder)
        objects.append(os.path.join(folder, f"{seen[name]}-{name}"))
        os.rename(os.path.join(folder, name), objects[-1])
    return objects


def padding(compiler, path, size):
    text = f".text\n.space {size}, 0x90\n.section .note.GNU-stack,\"\",@progbits\n"
    subprocess.run([compiler, "-c", "-x", "assembler", "-", "-o", path], check=True, input=text,
                   text=True)
    return path


def relink(build, out, seed):
    build, draw = os.path.abspath(build), random.Random(seed)
    words, output = link_command(build)
    with tempfile.TemporaryDirectory() as folder:
        objects = unpack(os.path.join(build, KERNELS), folder)
        draw.shuffle(objects)
        padded = []
        for number, one in enumerate(objects):
            pad = os.path.join(folder, f"pad{number}.o")
            padded += [padding(words[0], pad, 16 * draw.randrange(PAGE // 16 + 1)), one]
        words[output] = os.path.abspath(out)
        at = words.index(KERNELS)
        words[at:at + 1] = padded
        subprocess.run(words, check=True, cwd=build)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    relink(sys.argv[1], sys.argv[2], int(sys.argv[3]))
