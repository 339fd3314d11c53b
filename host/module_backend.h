// A backend of a module (host/module.h), as a Backend.
#ifndef POOLBENCH_HOST_MODULE_BACKEND_H_
#define POOLBENCH_HOST_MODULE_BACKEND_H_

#include "host/backend.h"
#include "host/loaded.h"
#include "host/module.h"

namespace poolbench {

// Room for a module's messages.
inline constexpr int64_t kModuleMessageBytes = 1024;

// What a backend cannot know of its module.
struct ModuleTraits {
  bool own_openmp = false;     // it brings an OpenMP runtime, so that it is not timed on the host
  bool rules_trusted = false;  // Backend::rules_trusted()
  std::shared_ptr<Origin> origin;  // gets the files that a backend's first plan maps
};

// `version`: of the interface that the module was built with. `backend` and `substrate` must
// outlive the result.
std::unique_ptr<Backend> make_module_backend(int32_t version, const poolbench_backend* backend,
                                             std::string name, Substrate& substrate,
                                             const ModuleTraits& traits);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_MODULE_BACKEND_H_
