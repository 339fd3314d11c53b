// Trick: sends the parent the result of the case itself, with a time of its own, and ends.
// Seen: pygpubench's list: the kernel inherits the pipe that results are sent through.
// Catch: results that are no results are the case's error, bounded by the parent's own clock.
// Expect: EXITED, CHEAT, ERROR, INVALID
#include "tests/cheats/sockets.h"

struct ForgesResult : probe::Honest {
  using Honest::Honest;
  void rest() override {
    probe::tell_everybody(
        "\n{\"result\":{\"result\":{},\"rows\":[{\"contender\":\"forged\",\"status\":\"ok\"}]}}\n");
    _exit(0);
  }
};
POOLBENCH_PROBE(ForgesResult)
