#include <cstdio>

#include "host/backends/backends.h"
#include "kernels/openmp/kernels.h"

namespace poolbench {
namespace {

const poolbench_kernel kKernels[] = {{.name = "copy", .summary = "1x1"},
                                     {.name = "rows", .summary = "all else"}};

struct Plan {
  poolbench_problem problem;
  bool copies;
};

int32_t supports(const poolbench_backend*, const poolbench_problem* p, const char*, char* message,
                 int64_t message_bytes) {
  const bool takes = p->reduction == POOLBENCH_MAX && p->windowing == POOLBENCH_SLIDING &&
                     p->dtype == POOLBENCH_F32 && p->layout == POOLBENCH_CHANNELS_FIRST &&
                     p->with_indices == 0 && p->rank == 2;
  if (!takes) std::snprintf(message, size_t(message_bytes), "type: f32 max in 2D only");
  return takes;
}

int32_t plan(const poolbench_backend* self, const poolbench_problem* p, const char* kernel,
             void** plan, char* message, int64_t message_bytes) {
  if (!supports(self, p, kernel, message, message_bytes)) return POOLBENCH_REFUSED;
  *plan = new Plan{*p, p->kernel[1] * p->kernel[2] == 1};
  return POOLBENCH_OK;
}
void destroy(void* plan) { delete static_cast<Plan*>(plan); }
const char* kernel_of(void* plan) {
  return kKernels[static_cast<Plan*>(plan)->copies ? 0 : 1].name;
}

int32_t launch(void* plan, const poolbench_tensors* tensors, void*, char*, int64_t) {
  const auto& [problem, copies] = *static_cast<Plan*>(plan);
  (copies ? copy : rows)(problem, static_cast<const float*>(tensors->src),
                         static_cast<float*>(tensors->dst));
  return POOLBENCH_OK;
}

}  // namespace

const poolbench_module* open_openmp(const BackendOptions&) {
  static const poolbench_backend backend = {.struct_bytes = sizeof backend,
                                            .substrate = "host",
                                            .kernel_count = 2,
                                            .kernels = kKernels,
                                            .supports = supports,
                                            .plan = plan,
                                            .launch = launch,
                                            .destroy_plan = destroy,
                                            .plan_kernel = kernel_of};
  static const poolbench_backend* const backends[] = {&backend};
  static const poolbench_module module = {.version = POOLBENCH_MODULE_VERSION,
                                          .backend_count = 1,
                                          .struct_bytes = sizeof module,
                                          .backends = backends};
  return &module;
}

}  // namespace poolbench
