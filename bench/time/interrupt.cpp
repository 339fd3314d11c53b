#include "bench/time/interrupt.h"

#include <atomic>

namespace poolbench {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM};
std::atomic<bool> interrupted;  // any thread may receive the signal

}  // namespace

Interrupt::Interrupt() {
  interrupted = false;
  struct sigaction note = {};
  note.sa_handler = [](int) { interrupted = true; };
  note.sa_flags = SA_RESETHAND | SA_RESTART;
  for (int i = 0; i < 2; ++i) {
    sigaction(kSignals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN)
      sigaction(kSignals[i], &note, nullptr);  // nohup ignores signals on purpose
  }
}

Interrupt::~Interrupt() {
  for (int i = 0; i < 2; ++i) sigaction(kSignals[i], &before_[i], nullptr);
}

bool Interrupt::asked() { return interrupted; }

}  // namespace poolbench
