// The ordered list of families: the only file with #if on what was built.
#include "host/backends/backends.h"

#include <exception>

namespace poolbench {
namespace {

using Open = std::vector<std::unique_ptr<Backend>> (*)(const BackendOptions&);

struct Family {
  const char* name;
  Open open;              // null: not built
  const char* not_built;  // how to get it
};

constexpr Family kFamilies[] = {
    {"naive", open_naive, ""},
    {"openmp", open_openmp, ""},
#if POOLBENCH_HAS_CUDA
    {"cuda", open_cuda, ""},
#else
    {"cuda", nullptr, "not built: needs the CUDA Toolkit (nvcc 12 or newer) when CMake runs"},
#endif
#if POOLBENCH_HAS_CUDA_EMULATED
    {"cuda-emulated", open_cuda_emulated, ""},
#else
    {"cuda-emulated", nullptr, "not built: needs the CUDA Toolkit's headers when CMake runs"},
#endif
#if POOLBENCH_HAS_VULKAN
    {"vulkan", open_vulkan, ""},
#else
    {"vulkan", nullptr, "not built: needs glslc and the Vulkan headers when CMake runs"},
#endif
};

bool names(const std::string& wanted, const std::string& family) {
  return wanted == family || wanted.rfind(family + ":", 0) == 0 ||
         wanted.rfind(family + "@", 0) == 0;
}

}  // namespace

std::vector<FamilyState> open_backends(std::span<const std::string> wanted,
                                       const BackendOptions& options) {
  std::vector<FamilyState> states;
  for (const Family& family : kFamilies) {
    bool asked = wanted.empty();
    for (const auto& name : wanted) asked |= names(name, family.name);
    if (!asked) continue;
    FamilyState state{family.name, {}, family.not_built};
    if (family.open != nullptr) {
      try {
        state.backends = family.open(options);
      } catch (const std::exception& error) {
        state.why_unavailable = error.what();
      }
    }
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace poolbench
