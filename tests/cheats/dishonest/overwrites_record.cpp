// Trick: finds the record's path on the command line and writes it, when its plan ends and at exit.
// Seen: kernelbench.com pull request 7: results are files that kernels may write.
// Catch: the record is written by the parent, after the child has gone.
// Expect: no gain, CHEAT, WRONG
#include <unistd.h>

#include <fstream>
#include <string>

#include "tests/cheats/probe.h"

static void forge() {
  std::ifstream arguments("/proc/self/cmdline");
  std::ifstream parent("/proc/" + std::to_string(getppid()) + "/cmdline");
  for (std::ifstream* words : {&arguments, &parent})
    for (std::string word; std::getline(*words, word, '\0');)
      if (word == "--json" && std::getline(*words, word, '\0'))
        std::ofstream(word) << "{\"benchmarks\":[],\"context\":\"forged\"}";
}

struct OverwritesRecord : probe::Honest {
  using Honest::Honest;
  ~OverwritesRecord() override {
    forge();
    static const int at_exit = std::atexit(forge);
    if (at_exit != 0) forge();
  }
};
POOLBENCH_PROBE(OverwritesRecord)
