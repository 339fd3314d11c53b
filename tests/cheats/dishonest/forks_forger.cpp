// Trick: leaves a child in a session of its own that forges the record once it is written.
// Seen: thought of for this suite.
// Catch: no descendant outlives the run; a record carries a checksum.
// Expect: no gain, CHEAT
#include <unistd.h>

#include <fstream>
#include <string>

#include "tests/cheats/probe.h"

static std::string record_path() {
  for (const pid_t reader : {getpid(), getppid()}) {
    std::ifstream words("/proc/" + std::to_string(reader) + "/cmdline");
    for (std::string word; std::getline(words, word, '\0');)
      if (word == "--json" && std::getline(words, word, '\0')) return word;
  }
  return "";
}

struct ForksForger : probe::Honest {
  using Honest::Honest;
  void rest() override {
    static const std::string record = record_path();
    static const pid_t forger = record.empty() ? 1 : fork();
    if (forger != 0) return;
    setsid();
    alarm(30);
    for (;; usleep(2000))
      if (std::ifstream(record).peek() == '{') {
        usleep(20000);
        std::ofstream(record, std::ios::app) << "forged";
        _exit(0);
      }
  }
};
POOLBENCH_PROBE(ForksForger)
