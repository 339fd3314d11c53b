// A max pool of one's own: a complete module. host/module.h says how to build and use it.
#include <cmath>
#include <cstdio>

#include "host/module.h"

static int32_t supports(const poolbench_backend*, const poolbench_problem* p, const char*,
                        char* message, int64_t message_bytes) {
  const char* why_not = nullptr;
  if (p->reduction != POOLBENCH_MAX || p->with_indices) why_not = "reduction: max without indices";
  if (p->windowing != POOLBENCH_SLIDING || p->rank != 2) why_not = "windowing: sliding in 2D only";
  if (p->dtype != POOLBENCH_F32) why_not = "type: f32 only";
  if (p->layout != POOLBENCH_CHANNELS_FIRST) why_not = "layout: nchw only";
  if (why_not != nullptr) std::snprintf(message, size_t(message_bytes), "%s", why_not);
  return why_not == nullptr;
}

static int32_t plan(const poolbench_backend* self, const poolbench_problem* p, const char* kernel,
                    void** plan, char* message, int64_t message_bytes) {
  if (!supports(self, p, kernel, message, message_bytes)) return POOLBENCH_REFUSED;
  *plan = new poolbench_problem(*p);  // a plan of this module is the problem: it prepares nothing
  return POOLBENCH_OK;
}
static void destroy(void* plan) { delete static_cast<poolbench_problem*>(plan); }

static int32_t launch(void* plan, const poolbench_tensors* tensors, void*, char*, int64_t) {
  const auto& p = *static_cast<poolbench_problem*>(plan);
  const auto* src = static_cast<const float*>(tensors->src);
  auto* dst = static_cast<float*>(tensors->dst);
  for (int64_t plane = 0; plane < p.n * p.c; ++plane, src += p.src[1] * p.src[2])
    for (int64_t o = 0; o < p.dst[1] * p.dst[2]; ++o) {
      const int64_t top = o / p.dst[2] * p.stride[1] - p.pad_begin[1];
      const int64_t left = o % p.dst[2] * p.stride[2] - p.pad_begin[2];
      float best = -INFINITY;
      for (int64_t tap = 0; tap < p.kernel[1] * p.kernel[2]; ++tap) {
        const int64_t h = top + tap / p.kernel[2] * p.dilation[1];
        const int64_t w = left + tap % p.kernel[2] * p.dilation[2];
        if (h < 0 || h >= p.src[1] || w < 0 || w >= p.src[2]) continue;
        const float value = src[h * p.src[2] + w];
        if (value > best || std::isnan(value)) best = value;
      }
      *dst++ = best;
    }
  return POOLBENCH_OK;
}

static const poolbench_kernel kKernels[] = {{.name = "loops", .summary = "plain loops"}};
// clang-format off
static const poolbench_backend kBackend = {
    .struct_bytes = sizeof kBackend, .substrate = "host", .kernel_count = 1, .kernels = kKernels,
    .supports = supports, .plan = plan, .launch = launch, .destroy_plan = destroy};
static const poolbench_backend* const kBackends[] = {&kBackend};
static const poolbench_module kModule = {
    .version = POOLBENCH_MODULE_VERSION, .backend_count = 1, .struct_bytes = sizeof kModule,
    .backends = kBackends};
// clang-format on

const poolbench_module* poolbench_open_module() { return &kModule; }
