// The OpenMP backend as a module: the same code in a process of its own must take the same time.
#include "host/backends/backends.h"
#include "host/module_export.h"

POOLBENCH_EXPORT_MODULE(poolbench::open_openmp({}))
