// Opens every backend of this binary, in one ordered list.
#ifndef POOLBENCH_HOST_BACKENDS_BACKENDS_H_
#define POOLBENCH_HOST_BACKENDS_BACKENDS_H_

#include <span>

#include "host/backend.h"
#include "host/loaded.h"

namespace poolbench {

inline constexpr double kEngineLimit = 120;

struct BackendOptions {
  std::vector<int> threads;          // team sizes of the host's parallel backends; empty: all cores
  std::vector<std::string> modules;  // NAME=FILE, as --module takes them
  std::string peers;                 // folder with the peers' modules (host/peers); empty: no peers
  bool trust_rules = false;          // of modules too (Backend::rules_trusted)
  std::vector<std::string> engines = {};  // as --engine takes them (host/engines/engine.h)
  double engine_limit = kEngineLimit;     // seconds
  bool isolate = false;                   // each module in a process of its own
};

// A family's backends, or why it cannot start here.
struct FamilyState {
  std::string
      family;  // "naive", "openmp", "cuda", "cuda-emulated", "vulkan", a peer's or module's name
  std::vector<std::unique_ptr<Backend>> backends;
  std::string why_unavailable;
  bool is_module = false;                // a peer, an engine, or a module given by --module
  std::shared_ptr<const Origin> origin;  // of open modules, which first plans add to, and engines
};

// The folder of the program's peers: modules/ beside it.
std::string peers_folder();

// Opens the families that `wanted` names ("vulkan" and "vulkan:0" name vulkan, "openmp@1" names
// openmp); empty: all. The list also has the families that were not built or cannot start, with
// their reasons: a missing driver or device does not throw. Throws BadInput for a malformed
// NAME=FILE.
std::vector<FamilyState> open_backends(std::span<const std::string> wanted,
                                       const BackendOptions& options);

// The families' entry points. Each returns its backends, or throws std::runtime_error with the
// reason why it cannot start.
std::vector<std::unique_ptr<Backend>> open_naive(const BackendOptions& options);
std::vector<std::unique_ptr<Backend>> open_openmp(const BackendOptions& options);
std::vector<std::unique_ptr<Backend>> open_cuda(const BackendOptions& options);
std::vector<std::unique_ptr<Backend>> open_cuda_emulated(const BackendOptions& options);
std::vector<std::unique_ptr<Backend>> open_vulkan(const BackendOptions& options);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_BACKENDS_BACKENDS_H_
