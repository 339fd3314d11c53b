#ifndef POOLBENCH_HOST_BACKENDS_BACKENDS_H_
#define POOLBENCH_HOST_BACKENDS_BACKENDS_H_

#include "host/module.h"

namespace poolbench {

struct BackendOptions {};
const poolbench_module* open_openmp(const BackendOptions& options);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_BACKENDS_BACKENDS_H_
