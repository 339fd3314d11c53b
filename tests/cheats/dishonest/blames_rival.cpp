// Trick: finds the memory that tells the parent whose turn it is, writes a rival's name, crashes.
// Seen: by reading the harness.
// Catch: a crash is nobody's until each contender ran alone.
// Expect: CRASHED
#include <csignal>
#include <cstring>
#include <fstream>
#include <string>

#include "tests/cheats/probe.h"

struct BlamesRival : probe::Honest {
  using Honest::Honest;
  void rest() override {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      if (line.find(" rw-s ") == std::string::npos) continue;
      auto* shared = reinterpret_cast<char*>(std::stoull(line, nullptr, 16));
      for (int at = 0; at < 256; ++at)
        if (std::memcmp(shared + at, "probe", 5) == 0) std::memcpy(shared + at, "naive", 5);
    }
    raise(SIGSEGV);
  }
};
POOLBENCH_PROBE(BlamesRival)
