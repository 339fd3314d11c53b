"""What launches take in instructions, counted twice (count.cpp)."""

import os
import re
import resource
import signal
import subprocess
import tempfile

COUNT = "poolbench_count"
SECONDS = 60  # of a processor that the second count may take on a side
AGREE = 0.01   # of what one count says, as far as the other may be off


def environment():
    return {**os.environ, "OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1",
            "POOLBENCH_ISA": ""}


def by_callgrind(count, module, lines):
    """Instructions of a launch of each line (count.cpp): half the difference between three launches
    and one."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", count, module],
            input="\n".join(lines) + "\n", text=True, capture_output=True, env=environment(),
            check=False)
        counted = {}
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            which = re.search(r"^desc: Trigger: Client Request: (\d+) (\d)$", text, re.M)
            total = re.search(r"^(?:totals|summary): (\d+)", text, re.M)
            if which and total:
                counted[int(which[1]), int(which[2])] = int(total[1])
    if done.returncode == 0 and not counted:
        raise RuntimeError(f"{count} was built without valgrind/callgrind.h: with valgrind here, "
                           "configure and build it again")
    if done.returncode != 0 or len(counted) != 2 * len(lines):
        raise RuntimeError(f"callgrind counted {len(counted)} of {2 * len(lines)} times; exit "
                           f"status {done.returncode}: {done.stderr[-2000:]}")
    return [(counted[i, 3] - counted[i, 1]) / 2 for i in range(len(lines))]


def by_the_processor(count, module, line):
    """The same by the processor, and how it counted; None and the reason if it could not."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    done = subprocess.run([count, module], input=line + "\n", text=True, capture_output=True,
                          env=environment(), check=False, preexec_fn=limit)
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return None, f"it would take more than {SECONDS} s to count it a second time"
    if done.returncode != 0:
        return None, done.stderr.strip()
    return float(done.stdout.split("\t")[1]), done.stderr.strip().splitlines()[-1]


def agreed(count, sides):
    """Whether a second count agrees with the first on both sides, and in words what it said.
    `sides`: (module, problem, instructions) each."""
    for module, problem, first in sides:
        second, how = by_the_processor(count, module, problem)
        if second is None:
            return False, how
        if abs(second - first) > AGREE * first:
            return False, f"callgrind says {first:.0f}, {how}: {second:.0f}"
    return True, how
