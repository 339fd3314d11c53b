// The naive backend as a module, as another commit's backends would be built.
#include "host/backends/backends.h"
#include "host/module_export.h"

POOLBENCH_EXPORT_MODULE(poolbench::open_naive({}))
