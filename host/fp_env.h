// The floating-point environment: rounding, flushing of subnormal numbers, precision and traps. A
// library that changes it and leaves it so makes everybody's arithmetic another one, the oracle's
// too, and then zeros look right.
#ifndef POOLBENCH_HOST_FP_ENV_H_
#define POOLBENCH_HOST_FP_ENV_H_

#include <cstdint>
#include <string>

namespace poolbench {

// Of one thread, without the flags that arithmetic sets.
struct FpEnvironment {
  uint32_t sse = 0;  // MXCSR
  uint32_t x87 = 0;  // control word
  int rounding = 0;  // as std::fegetround(); elsewhere than on x86 all there is
  bool operator==(const FpEnvironment&) const = default;
};

// Guards a call of foreign code: remembers the calling thread's environment and puts it back.
class FpGuard {
 public:
  FpGuard();
  ~FpGuard() { restore(); }
  FpGuard(const FpGuard&) = delete;
  FpGuard& operator=(const FpGuard&) = delete;

  // Puts the environment back now. Returns what had changed ("turns flush-to-zero on"), or nothing.
  std::string restore();
  // The same, and also for the OpenMP team's threads, which keep the environment of the thread that
  // created them. Looks at one thread a core.
  std::string restore_team();

 private:
  FpEnvironment before_;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_FP_ENV_H_
