// A backend of a module (host/module.h), as a Backend.
#ifndef POOLBENCH_HOST_MODULE_BACKEND_H_
#define POOLBENCH_HOST_MODULE_BACKEND_H_

#include "host/backend.h"
#include "host/module.h"

namespace poolbench {

// Room for a module's messages.
inline constexpr int64_t kModuleMessageBytes = 1024;

// `version`: of the interface that the module was built with. `own_openmp`: the module brings an
// OpenMP runtime of its own, so that it is not timed on the host. `backend` and `substrate` must
// outlive the result.
std::unique_ptr<Backend> make_module_backend(int32_t version, const poolbench_backend* backend,
                                             std::string name, Substrate& substrate,
                                             bool own_openmp);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_MODULE_BACKEND_H_
