// The OpenMP backend of a commit as a module (host/module.h), to race against that of another one.
#include "host/backends/backends.h"
#include "host/module_export.h"

POOLBENCH_EXPORT_MODULE(poolbench::open_openmp({}))
