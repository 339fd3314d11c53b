// What the probes that patch a clock share: a clock that hides nine tenths of their launches, and a
// detour over the first instructions of a function. x86-64; elsewhere they stay honest.
#ifndef POOLBENCH_TESTS_CHEATS_STOLEN_TIME_H_
#define POOLBENCH_TESTS_CHEATS_STOLEN_TIME_H_

#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstring>

#include "tests/cheats/probe.h"

namespace probe {

inline int64_t hidden_ns = 0;

inline int64_t true_ns() {
  timespec now;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

// Stands in for clock_gettime().
inline int stolen_clock_gettime(clockid_t clock, timespec* now) {
  if (clock != CLOCK_MONOTONIC) return int(syscall(SYS_clock_gettime, clock, now));
  const int64_t ns = true_ns() - hidden_ns;
  *now = {ns / 1'000'000'000, ns % 1'000'000'000};
  return 0;
}

inline bool make_writable(void* address, int protection) {
  const int64_t page = int64_t(address) / 4096 * 4096;
  return mprotect(reinterpret_cast<void*>(page), 8192, protection) == 0;
}

// Has every call of `function` go to `to`: mov rax, to; jmp rax.
inline void detour(void* function, void* to) {
#if defined(__x86_64__)
  if (function == nullptr || !make_writable(function, PROT_READ | PROT_WRITE | PROT_EXEC)) return;
  unsigned char jump[12] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0};
  std::memcpy(jump + 2, &to, sizeof to);
  std::memcpy(function, jump, sizeof jump);
#endif
}

// Honest but for the clock, which `patch` replaces once timing has begun.
struct TimeThief : Honest {
  TimeThief(const poolbench_problem& problem, void (*patch)()) : Honest(problem), patch_(patch) {}
  void launch(const poolbench_tensors& t) override {
    const int64_t begin = true_ns();
    Honest::launch(t);
    if (patched_) hidden_ns += (true_ns() - begin) * 9 / 10;
  }
  void rest() override {
    if (!patched_) patch_();
    patched_ = true;
  }

 private:
  static inline bool patched_ = false;
  void (*patch_)();
};

}  // namespace probe

#endif  // POOLBENCH_TESTS_CHEATS_STOLEN_TIME_H_
