#ifndef POOLBENCH_HOST_MODULE_EXPORT_H_
#define POOLBENCH_HOST_MODULE_EXPORT_H_

#define POOLBENCH_EXPORT_MODULE(module) \
  const poolbench_module* poolbench_open_module() { return module; }

#endif  // POOLBENCH_HOST_MODULE_EXPORT_H_
