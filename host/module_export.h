// Makes a module (host/module.h) of C++ backends: so a peer is one short file, and two commits of
// our own backends can run in one process:
//
//     #include "host/module_export.h"
//     POOLBENCH_EXPORT_MODULE(my_backends())   // a vector of unique_ptr<Backend>
//
// Link it with poolbench_core and build it with poolbench_module() (host/module.cmake), which hides
// its copy of our code.
#ifndef POOLBENCH_HOST_MODULE_EXPORT_H_
#define POOLBENCH_HOST_MODULE_EXPORT_H_

#include <functional>

#include "host/backend.h"
#include "host/module.h"

namespace poolbench {

// Opens the backends and describes them in C. An exception of `open` becomes the reason why the
// module is unavailable. The result is never freed.
const poolbench_module* export_backends(
    const std::function<std::vector<std::unique_ptr<Backend>>()>& open);

}  // namespace poolbench

#define POOLBENCH_EXPORT_MODULE(backends)                      \
  const poolbench_module* poolbench_open_module() {            \
    static const poolbench_module* const module =              \
        poolbench::export_backends([]() { return backends; }); \
    return module;                                             \
  }

#endif  // POOLBENCH_HOST_MODULE_EXPORT_H_
