// Ends a run cleanly on Ctrl-C and SIGTERM.
#ifndef POOLBENCH_BENCH_TIME_INTERRUPT_H_
#define POOLBENCH_BENCH_TIME_INTERRUPT_H_

#include <csignal>

namespace poolbench {

// While it lives, the first signal is only noted, so that results can be saved; a second one ends
// the program. Only one may exist.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  static bool asked();
  // Becomes readable with the signal, for who waits for other things too; -1 while none lives.
  static int descriptor();

 private:
  struct sigaction before_[2];
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_INTERRUPT_H_
