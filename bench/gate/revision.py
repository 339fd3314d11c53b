"""Builds the OpenMP backend of a commit as a module, in a folder of its own: the checkout of the
user stays as it is. One tree and one build folder serve all commits, one after the other, so that
only what differs is compiled again."""

import contextlib
import dataclasses
import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile

from machine_code import code_of_build

GATE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(GATE))
WORKTREE = "WORKTREE"
KEPT = 20  # modules
BUILD = "build"  # below the tree, as in a checkout, so that ccache may know the objects
ARGUMENTS = ["-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=OFF",
             "-DPOOLBENCH_NATIVE=ON"] + [
    f"-DPOOLBENCH_{part}=OFF" for part in ("CUDA", "VULKAN", "ONEDNN", "ATEN", "XNNPACK", "CUDNN")]
# "native": this machine's best instruction set. "avx2": the best that valgrind can run, the second
# in the list of kernels/CMakeLists.txt.
SETS = {"native": [], "avx2": ["-DPOOLBENCH_BEST_ISA=1", "-DPOOLBENCH_BEST_ISA_COMPILED=TRUE"]}


PROCESSOR = "/proc/cpuinfo"
AVX2 = {"avx2", "bmi2", "fma", "f16c"}  # as in kernels/openmp/processor.h


def why_no_avx2():
    """Why this machine runs no build for AVX2, or "". Valgrind runs the native one of such."""
    with open(PROCESSOR, encoding="utf-8") as file:
        flags = re.search(r"^flags\s*:(.*)", file.read(), re.M)
    missing = AVX2 - set(flags[1].split() if flags else ())
    return f"this machine's processor has no {', '.join(sorted(missing))}" if missing else ""


def add_build_options(parser):
    """Where the program and the repository are, and where commits are built."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    parser.add_argument("--work", default=os.path.join(cache, "poolbench", "gate"), metavar="DIR",
                        help="folder for the builds [%(default)s]")
    build = os.environ.get("POOLBENCH_BUILD") or os.path.join(ROOT, "build", "release")
    parser.add_argument("--program", default=os.path.join(build, "poolbench"), help="[%(default)s]")
    parser.add_argument("--repository", default=ROOT, help="[%(default)s]")


class Failed(Exception):
    """What stands in the way; the second argument is the exit status."""


@dataclasses.dataclass
class Built:
    """A commit's module and the digests of its objects (machine_code.py)."""

    module: str
    code: dict


def more_arguments():
    """Of cmake, as for the other scripts."""
    return os.environ.get("CMAKE_ARGS", "").split()


def git(root, *arguments):
    """Returns what git prints, as bytes."""
    done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, check=False)
    if done.returncode != 0:
        raise Failed(f"git {' '.join(arguments)}: {done.stderr.decode().strip()}", 4)
    return done.stdout


def commit_of(root, revision):
    """The commit that a revision names; WORKTREE itself."""
    if revision == WORKTREE:
        return WORKTREE
    return git(root, "rev-parse", "--verify", "--quiet", revision + "^{commit}").decode().strip()


def files_of(root, commit):
    """{path: (may be executed, contents)} of a commit, or of the files as they are."""
    files = {}
    if commit != WORKTREE:
        with tarfile.open(fileobj=io.BytesIO(git(root, "archive", commit))) as archive:
            for entry in archive:
                if entry.isfile():
                    contents = archive.extractfile(entry).read()
                    files[entry.name] = (bool(entry.mode & 0o100), contents)
        return files
    names = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").decode()
    for name in filter(None, names.split("\0")):
        path = os.path.join(root, name)
        if os.path.isfile(path):  # else it was deleted
            with open(path, "rb") as file:
                files[name] = (os.access(path, os.X_OK), file.read())
    return files


def put_tree(folder, files):
    """Makes `folder` hold these files and no others, but for BUILD. What is the same stays
    untouched."""
    for parent, folders, names in os.walk(folder):
        if parent == folder and BUILD in folders:
            folders.remove(BUILD)
        for name in names:
            path = os.path.join(parent, name)
            if os.path.relpath(path, folder) not in files:
                os.remove(path)
    for name, (executable, contents) in files.items():
        path = os.path.join(folder, name)
        with contextlib.suppress(OSError), open(path, "rb") as file:
            if file.read() == contents and os.access(path, os.X_OK) == executable:
                continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(contents)
        os.chmod(path, 0o755 if executable else 0o644)


class Builder:
    """Builds commits of the repository `root` below the folder `work`, one program at a time."""

    def __init__(self, root, work):
        self.root, self.work = root, work
        self.files = {}
        os.makedirs(work, exist_ok=True)
        self.lock = open(os.path.join(work, "lock"), "w", encoding="utf-8")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"waiting for another gate that uses {work}", file=sys.stderr)
            fcntl.flock(self.lock, fcntl.LOCK_EX)

    def build(self, commit, isa):
        """Returns a Built of a commit for one of SETS. Throws Failed with the log's path."""
        if commit not in self.files:
            self.files[commit] = files_of(self.root, commit)
        files = self.files[commit]
        kept = os.path.join(self.work, "built", self.key(files, isa))
        if not os.path.exists(kept):
            self.make(commit, files, isa, kept)
        os.utime(kept)
        with open(os.path.join(kept, "code.json"), encoding="utf-8") as file:
            return Built(os.path.join(kept, "openmp.so"), json.load(file))

    def texts(self, commit):
        """{path: text} of the text files below tests/ of a commit that was built."""
        return {path: contents.decode() for path, (_, contents) in self.files[commit].items()
                if re.fullmatch(r"tests/[^/]+\.txt", path)}

    def key(self, files, isa):
        """A name for what is built: of these files, by this compiler, with these arguments."""
        compiler = os.environ.get("CXX", "c++")
        version = subprocess.run([compiler, "--version"], capture_output=True, check=False).stdout
        key = hashlib.sha256(repr((isa, SETS[isa], ARGUMENTS, more_arguments(), version,
                                   os.environ.get("CXXFLAGS"))).encode())
        for name in ("module.cmake", "openmp_module.cpp", "../../host/module.map"):
            with open(os.path.join(GATE, name), "rb") as file:
                key.update(file.read())
        for name in sorted(files):
            key.update(repr((name, files[name])).encode())
        return key.hexdigest()[:20]

    def make(self, commit, files, isa, kept):
        tree = os.path.join(self.work, "tree")
        build = os.path.join(tree, BUILD, isa)
        put_tree(tree, files)
        log = os.path.join(self.work, f"{commit[:12]}-{isa}.log")
        commands = [["cmake", "-S", tree, "-B", build, *ARGUMENTS, *SETS[isa], *more_arguments(),
                     f"-DCMAKE_PROJECT_poolbench_INCLUDE={GATE}/module.cmake"],
                    ["cmake", "--build", build, "--target", "openmp_module",
                     "-j", os.environ.get("JOBS", str(os.cpu_count()))]]
        with open(log, "wb") as file:
            for command in commands:
                if subprocess.run(command, stdout=file, stderr=file, check=False).returncode != 0:
                    raise Failed(f"{commit[:12]} cannot be built; the log is {log}", 3)
        with open(os.path.join(build, "openmp_module.map"), encoding="utf-8") as file:
            try:
                code = code_of_build(build, file.read())
            except ValueError as error:
                raise Failed(f"{commit[:12]}: {error}", 3) from None
        making = kept + ".making"
        shutil.rmtree(making, ignore_errors=True)
        os.makedirs(making)
        shutil.copy(os.path.join(build, "openmp_module.so"), os.path.join(making, "openmp.so"))
        with open(os.path.join(making, "code.json"), "w", encoding="utf-8") as file:
            json.dump(code, file)
        os.rename(making, kept)
        self.forget_old()

    def forget_old(self):
        folder = os.path.join(self.work, "built")
        paths = sorted((os.path.join(folder, name) for name in os.listdir(folder)),
                       key=os.path.getmtime)
        for path in paths[:-KEPT]:
            shutil.rmtree(path)


def accepted(root, base, head):
    """[(case, reason)] of what the commits between accept: "Accepts-slower: CASE, reason"."""
    end = "HEAD" if head == WORKTREE else head
    if base == WORKTREE:
        return []
    lines = git(root, "log", "--format=%(trailers:key=Accepts-slower,valueonly)",
                f"{base}..{end}").decode().split("\n")
    found = [re.fullmatch(r"(\S+), *(\S.*)", line.strip()) for line in lines if line.strip()]
    if None in found:
        raise Failed("a trailer must read `Accepts-slower: CASE, reason`", 4)
    return [(match[1], match[2]) for match in found]
