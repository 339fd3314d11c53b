// Every backend this binary can bring, in one ordered list.
#ifndef POOLBENCH_HOST_BACKENDS_BACKENDS_H_
#define POOLBENCH_HOST_BACKENDS_BACKENDS_H_

#include <span>

#include "host/backend.h"

namespace poolbench {

struct BackendOptions {
  std::vector<int> threads;          // team sizes of the host's parallel backends; empty: all cores
  std::vector<std::string> modules;  // NAME=FILE, as --module takes them
  std::string peers;  // folder with the peers' modules (host/peers); empty: none are looked for
};

// What a family came to: the backends it brought, or why it cannot start here.
struct FamilyState {
  std::string
      family;  // "naive", "openmp", "cuda", "cuda-emulated", "vulkan", a peer's or module's name
  std::vector<std::unique_ptr<Backend>> backends;
  std::string why_unavailable;
  bool is_module = false;  // a peer library, or someone's own kernel that came by --module
};

// Where the running program's peers stand: modules/ beside it.
std::string peers_folder();

// Opens the families that any of `wanted` names ("vulkan" and "vulkan:0" name vulkan, "openmp@1"
// names openmp); empty: all. A family that cannot start is in the list with its reason, one that
// was not built too. Never throws for a missing driver or device. Throws BadInput for a malformed
// NAME=FILE.
std::vector<FamilyState> open_backends(std::span<const std::string> wanted,
                                       const BackendOptions& options);

// The families' own entry points. Each returns its backends, or throws std::runtime_error with the
// reason why it cannot start.
std::vector<std::unique_ptr<Backend>> open_naive(const BackendOptions& options);
std::vector<std::unique_ptr<Backend>> open_openmp(const BackendOptions& options);
std::vector<std::unique_ptr<Backend>> open_cuda(const BackendOptions& options);
std::vector<std::unique_ptr<Backend>> open_cuda_emulated(const BackendOptions& options);
std::vector<std::unique_ptr<Backend>> open_vulkan(const BackendOptions& options);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_BACKENDS_BACKENDS_H_
