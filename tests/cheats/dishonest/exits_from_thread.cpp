// Trick: a thread of its own ends the process in somebody else's turn.
// Seen: thought of for this suite.
// Catch: who ended the process is found by running each contender alone.
// Expect: EXITED
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/cheats/probe.h"

struct ExitsFromThread : probe::Honest {
  using Honest::Honest;
  void rest() override {
    std::thread([] {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      _exit(0);
    }).detach();
  }
};
POOLBENCH_PROBE(ExitsFromThread)
