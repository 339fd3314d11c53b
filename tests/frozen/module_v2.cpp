// A module as they were written for version 2 of the interface, with the header of that time: it
// must still load.
#include "tests/frozen/module_v2.h"

#include <cmath>
#include <cstdio>

namespace {

int32_t supports(const poolbench_backend*, const poolbench_problem* p, const char*, char* message,
                 int64_t message_bytes) {
  const char* why_not = nullptr;
  if (p->reduction != POOLBENCH_MAX || p->with_indices) why_not = "reduction: max without indices";
  if (p->windowing != POOLBENCH_SLIDING || p->rank != 2) why_not = "windowing: sliding in 2D only";
  if (p->dtype != POOLBENCH_F32) why_not = "type: f32 only";
  if (p->layout != POOLBENCH_CHANNELS_FIRST) why_not = "layout: nchw only";
  if (why_not != nullptr) std::snprintf(message, message_bytes, "%s", why_not);
  return why_not == nullptr;
}

int32_t plan(const poolbench_backend* self, const poolbench_problem* p, const char* kernel,
             void** plan, char* message, int64_t message_bytes) {
  if (!supports(self, p, kernel, message, message_bytes)) return POOLBENCH_REFUSED;
  *plan = new poolbench_problem(*p);  // a plan of this module is the problem: it prepares nothing
  return POOLBENCH_OK;
}

int32_t launch(void* plan, const poolbench_tensors* tensors, void*, char*, int64_t) {
  const auto& p = *static_cast<poolbench_problem*>(plan);
  const auto* src = static_cast<const float*>(tensors->src);
  auto* dst = static_cast<float*>(tensors->dst);
  for (int64_t plane = 0; plane < p.n * p.c; ++plane, src += p.src[1] * p.src[2])
    for (int64_t oh = 0; oh < p.dst[1]; ++oh)
      for (int64_t ow = 0; ow < p.dst[2]; ++ow) {
        float best = -INFINITY;
        for (int64_t kh = 0; kh < p.kernel[1]; ++kh)
          for (int64_t kw = 0; kw < p.kernel[2]; ++kw) {
            const int64_t h = oh * p.stride[1] - p.pad_begin[1] + kh * p.dilation[1];
            const int64_t w = ow * p.stride[2] - p.pad_begin[2] + kw * p.dilation[2];
            if (h < 0 || h >= p.src[1] || w < 0 || w >= p.src[2]) continue;
            const float value = src[h * p.src[2] + w];
            if (value > best || std::isnan(value)) best = value;
          }
        *dst++ = best;
      }
  return POOLBENCH_OK;
}

void destroy(void* plan) { delete static_cast<poolbench_problem*>(plan); }

const poolbench_kernel kKernels[] = {{"loops", "plain loops over windows and taps"}};
const poolbench_backend kBackend = {sizeof kBackend, nullptr,  "host", nullptr, 0,       1,
                                    kKernels,        supports, plan,   launch,  destroy, nullptr,
                                    nullptr,         nullptr,  nullptr};
const poolbench_backend* const kBackends[] = {&kBackend};
const poolbench_module kModule = {POOLBENCH_MODULE_VERSION, 1, sizeof kModule, kBackends, nullptr};

}  // namespace

const poolbench_module* poolbench_open_module() { return &kModule; }
