// Tells AddressSanitizer, where it is compiled in, that execution moves to another stack, before
// anything is thrown there. A move is leave() on the old stack and arrive() on the new one.
#ifndef POOLBENCH_KERNELS_CUDA_EMULATOR_STACK_SWITCH_H_
#define POOLBENCH_KERNELS_CUDA_EMULATOR_STACK_SWITCH_H_

#include <cstddef>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace poolbench::cuda {

// A stack, and what the sanitizer keeps for it while another one runs.
struct Stack {
  const void* bottom = nullptr;
  size_t bytes = 0;
  void* kept = nullptr;
};

// `last`: execution never returns to the stack.
inline void leave([[maybe_unused]] Stack& from, [[maybe_unused]] const Stack& to,
                  [[maybe_unused]] bool last = false) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(last ? nullptr : &from.kept, to.bottom, to.bytes);
#endif
}

// Now on `on`; notes where `from` is.
inline void arrive([[maybe_unused]] Stack& on, [[maybe_unused]] Stack& from) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(on.kept, &from.bottom, &from.bytes);
#endif
}

}  // namespace poolbench::cuda

#endif  // POOLBENCH_KERNELS_CUDA_EMULATOR_STACK_SWITCH_H_
