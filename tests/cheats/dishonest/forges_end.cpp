// Trick: tells the parent that all is done and well, and ends the process.
// Seen: pygpubench's list: the kernel inherits the pipe that results are sent through.
// Catch: the end counts only where it was asked for, after every case's result.
// Expect: EXITED, CHEAT, ERROR
#include "tests/cheats/sockets.h"

struct ForgesEnd : probe::Honest {
  using Honest::Honest;
  void rest() override {
    probe::tell_everybody("\n{\"end\":0}\n{\"event\":\"done\"}\ndone\n");
    _exit(0);
  }
};
POOLBENCH_PROBE(ForgesEnd)
