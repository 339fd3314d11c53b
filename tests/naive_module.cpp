// The naive backend as a module: what building another commit's backends as one comes to.
#include "host/backends/backends.h"
#include "host/module_export.h"

POOLBENCH_EXPORT_MODULE(poolbench::open_naive({}))
