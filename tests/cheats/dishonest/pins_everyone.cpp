// Trick: between its turns, all threads of the process may run on one core only.
// Seen: thought of for this suite; libraries that pin their caller.
// Catch: affinity is looked at after each turn, and restored.
// Expect: CHEAT, INVALID, no gain
#include <sched.h>

#include <filesystem>
#include <string>

#include "tests/cheats/probe.h"

struct PinsEveryone : probe::Honest {
  using Honest::Honest;
  static void pin(const cpu_set_t& cores) {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
      sched_setaffinity(std::stoi(task.path().filename()), sizeof cores, &cores);
  }
  static cpu_set_t cores() {
    cpu_set_t now;
    sched_getaffinity(0, sizeof now, &now);
    return now;
  }
  void launch(const poolbench_tensors& t) override {
    if (rested_) {
      const cpu_set_t now = cores();
      if (CPU_COUNT(&before_) > 1 && CPU_COUNT(&now) == 1)
        report_gain("the others ran on one core");
      pin(before_);
    }
    rested_ = false;
    Honest::launch(t);
  }
  void rest() override {
    cpu_set_t one = {};
    CPU_SET(0, &one);
    pin(one);
    rested_ = true;
  }
  const cpu_set_t before_ = cores();
  bool rested_ = false;
};
POOLBENCH_PROBE(PinsEveryone)
