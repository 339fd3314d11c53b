#include "bench/time/interrupt.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>

namespace poolbench {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM};
std::atomic<bool> interrupted;  // any thread may receive the signal
int ends[2] = {-1, -1};

void note(int) {
  interrupted = true;
  [[maybe_unused]] const ssize_t written = write(ends[1], "", 1);
}

}  // namespace

Interrupt::Interrupt() {
  interrupted = false;
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) ends[0] = ends[1] = -1;
  struct sigaction action = {};
  action.sa_handler = note;
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  for (int i = 0; i < 2; ++i) {
    sigaction(kSignals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN)
      sigaction(kSignals[i], &action, nullptr);  // nohup ignores signals on purpose
  }
}

Interrupt::~Interrupt() {
  for (int i = 0; i < 2; ++i) sigaction(kSignals[i], &before_[i], nullptr);
  for (int& end : ends) {
    if (end >= 0) close(end);
    end = -1;
  }
}

bool Interrupt::asked() { return interrupted; }

int Interrupt::descriptor() { return ends[0]; }

}  // namespace poolbench
