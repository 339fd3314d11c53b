// Trick: ignores every signal that asks it to end, and hangs.
// Seen: thought of for this suite.
// Catch: SIGTERM goes to the parent, which ends within two seconds with a record.
// Expect: HUNG, CRASHED, EXITED
// Signal: TERM
#include <csignal>

#include "tests/cheats/probe.h"

struct IgnoresTerm : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    for (volatile bool on = rested_; on;) {
    }
  }
  void rest() override {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) std::signal(signal, SIG_IGN);
    rested_ = true;
  }
  bool rested_ = false;
};
POOLBENCH_PROBE(IgnoresTerm)
