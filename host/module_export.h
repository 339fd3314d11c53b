// Makes a module (host/module.h) of backends written in C++, so that a peer is a page and a commit
// of our own backends can meet another one in one process:
//
//     #include "host/module_export.h"
//     POOLBENCH_EXPORT_MODULE(my_backends())   // a vector of unique_ptr<Backend>
//
// Link it with poolbench_core and build it with poolbench_module() (host/module.cmake): then its
// copy of our code is its own.
#ifndef POOLBENCH_HOST_MODULE_EXPORT_H_
#define POOLBENCH_HOST_MODULE_EXPORT_H_

#include <functional>

#include "host/backend.h"
#include "host/module.h"

namespace poolbench {

// Opens the backends and describes them in C. What `open` throws becomes the module's reason to be
// unavailable. The result is never freed.
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
