// Tells AddressSanitizer, where it is compiled in, that execution moves to another stack. It must
// know before anything is thrown there. A move is leave() on the old stack, arrive() on the new.
#ifndef POOLBENCH_KERNELS_CUDA_EMULATOR_STACK_SWITCH_H_
#define POOLBENCH_KERNELS_CUDA_EMULATOR_STACK_SWITCH_H_

#include <cstddef>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace poolbench {

// One stack: where it lies, and what the sanitizer keeps for it while it is left.
struct Stack {
  const void* bottom = nullptr;
  size_t bytes = 0;
  void* kept = nullptr;
};

// `last`: the stack that is left is never come back to.
inline void leave([[maybe_unused]] Stack& from, [[maybe_unused]] const Stack& to,
                  [[maybe_unused]] bool last = false) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(last ? nullptr : &from.kept, to.bottom, to.bytes);
#endif
}

// On stack `on`, from `from`, whose place is noted.
inline void arrive([[maybe_unused]] Stack& on, [[maybe_unused]] Stack& from) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(on.kept, &from.bottom, &from.bytes);
#endif
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_EMULATOR_STACK_SWITCH_H_
