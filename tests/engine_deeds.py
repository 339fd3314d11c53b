#!/usr/bin/env python3
"""An engine (host/engines/README.md) in plain Python that takes the global maximum of f32 planes, and
does what its argument says: nothing else, or something that no engine may do."""

import mmap
import os
import signal
import socket
import sys
import time

DEED = sys.argv[1]


class Engine:
    def __init__(self):
        self.socket = socket.socket(fileno=int(os.environ["POOLBENCH_ENGINE"]))
        self.text, self.files, self.memory, self.plans = b"", [], {}, {}
        self.recordings, self.launches = {0: (None, [])}, 0

    def line(self):
        while b"\n" not in self.text:
            data, files, _, _ = socket.recv_fds(self.socket, 65536, 1)
            if not data:
                sys.exit(0)
            self.text, self.files = self.text + data, self.files + files
        line, self.text = self.text.split(b"\n", 1)
        return line.decode().split(" ")

    def poolbench(self, *_):
        if DEED == "old":
            return "99"
        if DEED == "exits_at_start":
            sys.exit(7)
        return "1 version=0.1 note=plain Python"

    def plan(self, number, *words):
        p = dict(word.split("=", 1) for word in words)
        if (p["reduction"], p["windowing"], p["dtype"]) != ("max", "global", "f32"):
            raise ValueError("windowing: only the global maximum of f32")
        if DEED == "crashes_in_plan":
            os.kill(os.getpid(), signal.SIGSEGV)
        size = 1
        for extent in p["src"].split(","):
            size *= int(extent)
        self.plans[number] = (int(p["n"]) * int(p["c"]), size)

    def map(self, segment, size):
        self.memory[segment] = memoryview(mmap.mmap(self.files.pop(0), int(size)))

    def record(self, number, plan, *launches):
        planes, size = self.plans[plan]
        views = []
        for launch in launches:
            src, dst = (place.split("+") for place in launch.split(","))
            src, dst = (self.memory[segment][int(offset):] for segment, offset in (src, dst))
            views.append((src[:4 * planes * size].cast("f"), dst[:4 * planes].cast("f")))
        self.recordings[int(number)] = (size, views)

    def go(self, number):
        size, views = self.recordings[int(number)]
        begin = time.perf_counter()
        for src, dst in views:
            self.launch(src, dst, size)
        seconds = time.perf_counter() - begin
        return {"claims_half": seconds / 2, "claims_double": seconds * 2}.get(DEED, seconds)

    def launch(self, src, dst, size):
        self.launches += 1
        if DEED == "hangs":
            time.sleep(1000)
        if DEED == "crashes" or DEED == "crashes_later" and self.launches > 150:
            os.kill(os.getpid(), signal.SIGSEGV)
        if DEED == "exits":
            os._exit(3)
        for plane in range(len(dst)):
            values = src[plane * size:(plane + 1) * size].tolist()
            nan = [value for value in values if value != value]
            dst[plane] = nan[0] if nan else max(values)
        if DEED == "wrong":
            dst[0] += 1
        if DEED == "spoils":
            src[0] = 5

    def nothing(self, *_):
        pass

    def serve(self):
        while True:
            name, *words = self.line()
            try:
                answer = getattr(self, name, self.nothing)(*words)
                text = f"ok {answer}" if answer is not None else "ok"
            except ValueError as error:
                text = f"refused {error}"
            if DEED == "garbage" and name == "go":
                text = "\x01\x02{]"
            self.socket.sendall(text.encode() + b"\n")
            if name == "end":
                return


if __name__ == "__main__":
    Engine().serve()
