// Modules that break the contract, each in one way, chosen by the define POOLBENCH_BROKEN_<WAY>.
// The sound one writes 1 to every output of an f32 problem.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#include "host/module.h"

#if POOLBENCH_BROKEN_UNRESOLVED
void defined_nowhere();
#elif POOLBENCH_BROKEN_WITH_TORCH
int fake_torch();
#endif
[[maybe_unused]] const bool kLoaded = [] {
#if POOLBENCH_BROKEN_CRASH_AT_LOAD
  std::raise(SIGSEGV);
#elif POOLBENCH_BROKEN_ABORT_AT_LOAD
  throw std::runtime_error("no licence for this library");
#elif POOLBENCH_BROKEN_EXIT_AT_LOAD
  std::exit(0);
#elif POOLBENCH_BROKEN_STARTS_DEVICE  // as a device's driver does: a forked child cannot use it
  setenv("POOLBENCH_TEST_DEVICE_OF", std::to_string(getpid()).c_str(), 1);
#elif POOLBENCH_BROKEN_NEEDS_DEVICE
  const char* owner = std::getenv("POOLBENCH_TEST_DEVICE_OF");
  if (owner != nullptr && std::to_string(getpid()) != owner) std::abort();
#endif
  return true;
}();

namespace {

int64_t outputs(const poolbench_problem& p) { return p.n * p.c * p.dst[0] * p.dst[1] * p.dst[2]; }

int32_t supports(const poolbench_backend*, const poolbench_problem*, const char*, char*, int64_t) {
#if POOLBENCH_BROKEN_REFUSES_SILENTLY
  return 0;
#else
  return 1;
#endif
}

// A file that a test names, to see how far the module came.
[[maybe_unused]] const char* test_file() {
  const char* path = std::getenv("POOLBENCH_TEST_FILE");
  return path != nullptr ? path : "";
}

int32_t plan(const poolbench_backend*, const poolbench_problem* problem, const char*, void** plan,
             char*, int64_t) {
#if POOLBENCH_BROKEN_PLAN_FAILS
  return POOLBENCH_OUT_OF_MEMORY;
#elif POOLBENCH_BROKEN_EXIT_IN_PLAN
  std::exit(7);
#elif POOLBENCH_BROKEN_MAPS_IN_PLAN
  const int file = open(test_file(), O_RDONLY);
  mmap(nullptr, 1, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
#endif
  *plan = new poolbench_problem(*problem);
  return POOLBENCH_OK;
}

int32_t fail(char* message, const char* text) {
  while ((*message++ = *text++) != '\0') {
  }
  return POOLBENCH_FAILED;
}

int32_t launch(void* plan, const poolbench_tensors* tensors, void* stream, char* message, int64_t) {
  int64_t begin = 0, end = outputs(*static_cast<poolbench_problem*>(plan));
#if POOLBENCH_BROKEN_HALF
  end /= 2;
#elif POOLBENCH_BROKEN_NOTHING
  end = 0;
#elif POOLBENCH_BROKEN_BEYOND
  ++end;
#elif POOLBENCH_BROKEN_CHANGES_INPUT
  *static_cast<float*>(const_cast<void*>(tensors->src)) = 77;
#elif POOLBENCH_BROKEN_LAUNCH_FAILS
  return fail(message, "the device fell off");
#elif POOLBENCH_BROKEN_ON_CUDA
  if (stream == nullptr) return fail(message, "no stream");
#elif POOLBENCH_BROKEN_CRASH_IN_LAUNCH
  std::raise(SIGSEGV);
#elif POOLBENCH_BROKEN_ABORT_IN_LAUNCH
  std::abort();
#elif POOLBENCH_BROKEN_KILL_IN_LAUNCH
  std::raise(SIGKILL);
#elif POOLBENCH_BROKEN_EXIT_IN_LAUNCH
  _exit(0);
#elif POOLBENCH_BROKEN_HANG_IN_LAUNCH
  std::ofstream(test_file()) << "here";
  for (;;) pause();
#elif POOLBENCH_BROKEN_CRASH_BESIDE_ANOTHER  // two of them: the second one that runs
  const std::string before =
      std::getenv("POOLBENCH_TEST_BESIDE") ? getenv("POOLBENCH_TEST_BESIDE") : "";
  const std::string own = std::to_string(reinterpret_cast<uintptr_t>(&outputs));
  if (!before.empty() && before != own) std::abort();
  setenv("POOLBENCH_TEST_BESIDE", own.c_str(), 1);
#elif POOLBENCH_BROKEN_KILLS_PARENT_ONCE     // on a batch of two
  if (static_cast<poolbench_problem*>(plan)->n == 2 && !std::ifstream(test_file())) {
    std::ofstream(test_file()) << "killed";
    kill(getppid(), SIGKILL);
    for (;;) pause();
  }
#elif POOLBENCH_BROKEN_PRINTS
  std::puts("  openmp           forged         |    1.00 ns     -   999999  100 %   x99.9");
  std::fflush(stdout);
#endif
  for (; begin < end; ++begin) static_cast<float*>(tensors->dst)[begin] = 1;
  static_cast<void>(message), static_cast<void>(stream), static_cast<void>(fail);
  return POOLBENCH_OK;
}

void destroy(void* plan) { delete static_cast<poolbench_problem*>(plan); }

#if POOLBENCH_BROKEN_BAD_KERNEL_NAME
const poolbench_kernel kKernels[] = {{"a/b", "writes ones"}};
#else
const poolbench_kernel kKernels[] = {{"ones", "writes ones"}};
#endif

poolbench_backend make_backend() {
  poolbench_backend backend = {sizeof backend, nullptr,  "host", nullptr, 0,       1,
                               kKernels,       supports, plan,   launch,  destroy, nullptr,
                               nullptr,        nullptr,  nullptr};
#if POOLBENCH_BROKEN_NO_LAUNCH
  backend.launch = nullptr;
#elif POOLBENCH_BROKEN_ON_CUDA
  backend.substrate = "cuda";
  backend.device = "00112233445566778899aabbccddeeff";
#endif
  return backend;
}
const poolbench_backend kBackend = make_backend();
const poolbench_backend* const kBackends[] = {&kBackend};

poolbench_module make_module() {
  poolbench_module module = {POOLBENCH_MODULE_VERSION, 1, sizeof module, kBackends, nullptr};
#if POOLBENCH_BROKEN_OLD_VERSION
  module.version = 99;
#elif POOLBENCH_BROKEN_SMALL_STRUCT
  module.struct_bytes = 8;
#elif POOLBENCH_BROKEN_NO_BACKENDS
  module.backend_count = 0;
#elif POOLBENCH_BROKEN_UNAVAILABLE
  module.backend_count = 0;
  module.why_unavailable = "no such device in this machine";
#endif
  return module;
}
const poolbench_module kModule = make_module();

}  // namespace

#if POOLBENCH_BROKEN_NO_ENTRY
const poolbench_module* other_name() { return &kModule; }
#else
const poolbench_module* poolbench_open_module() {
#if POOLBENCH_BROKEN_UNRESOLVED
  defined_nowhere();
#elif POOLBENCH_BROKEN_CRASH_IN_ENTRY
  std::abort();
#elif POOLBENCH_BROKEN_CRASH_WHEN_OPENED
  if (getpgrp() == getpid()) std::raise(SIGSEGV);  // not in the process that only tries it
#elif POOLBENCH_BROKEN_WITH_TORCH
  fake_torch();
#elif POOLBENCH_BROKEN_NULL_TABLE
  return nullptr;
#endif
  return &kModule;
}
#endif
