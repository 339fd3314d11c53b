// What the probe modules share: an honest pooling and the interface around it. A probe derives from
// Honest and spoils one thing; POOLBENCH_PROBE makes a module of it. README.md says how to add one.
#ifndef POOLBENCH_TESTS_CHEATS_PROBE_H_
#define POOLBENCH_TESTS_CHEATS_PROBE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

#include "host/module.h"

namespace probe {

// Takes `count` taps, `stride` apart, into as many outputs.
template <class Fold>
void fold_taps(float* dst, const float* taps, int64_t count, int64_t stride, Fold&& fold) {
  const auto with = [&](auto s) {
    for (int64_t o = 0; o < count; ++o) dst[o] = fold(dst[o], taps[o * s]);
  };
  // Constants let the compiler vectorise.
  if (stride == 1) return with(std::integral_constant<int64_t, 1>());
  if (stride == 2) return with(std::integral_constant<int64_t, 2>());
  with(stride);
}

// One plan. Sliding windows in 2D over f32, channels first: max (with indices too) and averages as
// host/spec.md has them. A row is one of outputs; rows of all planes are counted through.
class Honest {
 public:
  explicit Honest(const poolbench_problem& problem) : p_(problem) {}
  virtual ~Honest() = default;
  Honest(const Honest&) = delete;
  Honest& operator=(const Honest&) = delete;

  // What a probe may spoil.
  virtual void launch(const poolbench_tensors& t) { pool(t, 0, rows()); }
  virtual void rest() {}
  virtual int64_t scratch_bytes() { return 0; }
  static const char* why_not(const poolbench_problem& p) {
    if (p.reduction == POOLBENCH_LP) return "reduction: max and averages only";
    if (p.windowing != POOLBENCH_SLIDING || p.rank != 2) return "windowing: sliding in 2D only";
    if (p.dtype != POOLBENCH_F32) return "type: f32 only";
    if (p.layout != POOLBENCH_CHANNELS_FIRST) return "layout: nchw only";
    // Sums in order lose half an ulp a tap, and host/spec.md, Judgement, allows 64 of them.
    if (p.reduction != POOLBENCH_MAX && p.kernel[1] * p.kernel[2] > 64)
      return "kernel: averages of at most 64 taps";
    return nullptr;
  }
  // "name: reason" where the output differs on purpose.
  static const char* known_difference(const poolbench_output&) { return nullptr; }

 protected:
  static const float* src(const poolbench_tensors& t) { return static_cast<const float*>(t.src); }
  static float* dst(const poolbench_tensors& t) { return static_cast<float*>(t.dst); }
  int64_t inputs() const { return p_.n * p_.c * p_.src[1] * p_.src[2]; }
  int64_t rows() const { return p_.n * p_.c * p_.dst[1]; }
  int64_t outputs() const { return rows() * p_.dst[2]; }

  void pool(const poolbench_tensors& t, int64_t first_row, int64_t last_row) const {
    for (int64_t row = first_row; row < last_row; ++row)
      t.indices != nullptr ? pool_row_with_indices(t, row) : pool_row(t, row);
  }

  // Calls f(h, w) for each tap of an output's window, in row-major order.
  template <class F>
  void for_taps(int64_t oh, int64_t ow, F&& f) const {
    for (int64_t kh = 0; kh < p_.kernel[1]; ++kh)
      for (int64_t kw = 0; kw < p_.kernel[2]; ++kw) {
        const int64_t h = position(1, oh, kh), w = position(2, ow, kw);
        if (h >= 0 && h < p_.src[1] && w >= 0 && w < p_.src[2]) f(h, w);
      }
  }
  // Writes to each output what reduce(plane, oh, ow) returns; `plane` is the input's.
  template <class Reduce>
  void write_each(const poolbench_tensors& t, Reduce&& reduce) const {
    for (int64_t row = 0; row < rows(); ++row)
      for (int64_t ow = 0; ow < p_.dst[2]; ++ow)
        dst(t)[row * p_.dst[2] + ow] = reduce(plane_of(t, row), row % p_.dst[1], ow);
  }
  const float* plane_of(const poolbench_tensors& t, int64_t row) const {
    return src(t) + row / p_.dst[1] * p_.src[1] * p_.src[2];
  }
  float divisor(int64_t oh, int64_t ow) const {
    if (p_.divisor != 0) return float(p_.divisor);
    const bool padded = p_.reduction == POOLBENCH_AVG_INCLUDE_PAD;
    return float(positions(1, oh, padded) * positions(2, ow, padded));
  }
  // One output of a maximum or an average, without index.
  float window(const float* plane, int64_t oh, int64_t ow) const {
    const bool max = p_.reduction == POOLBENCH_MAX;
    float value = max ? -INFINITY : 0;
    for_taps(oh, ow, [&](int64_t h, int64_t w) {
      const float tap = plane[h * p_.src[2] + w];
      value = max ? larger(value, tap) : value + tap;
    });
    return max || value == 0 ? value : value / divisor(oh, ow);
  }
  static float larger(float best, float tap) {
    return bool(int(tap > best) | int(tap != tap)) ? tap : best;  // NaN stays
  }

  // Tells the gauntlet that the trick paid, where neither the record nor a time can show it.
  static void report_gain(const char* what) {
    const char* path = std::getenv("POOLBENCH_PROBE_LOG");
    std::FILE* log = path != nullptr ? std::fopen(path, "a") : nullptr;
    if (log == nullptr) return;
    std::fprintf(log, "%s\n", what);
    std::fclose(log);
  }

  const poolbench_problem p_;

 private:
  int64_t position(int axis, int64_t o, int64_t tap) const {
    return o * p_.stride[axis] - p_.pad_begin[axis] + tap * p_.dilation[axis];
  }
  // A window's positions inside the input, or inside the padded input.
  int64_t positions(int axis, int64_t o, bool padded) const {
    int64_t count = 0;
    for (int64_t k = 0; k < p_.kernel[axis]; ++k) {
      const int64_t at = position(axis, o, k);
      count += padded ? at < p_.src[axis] + p_.pad_end[axis] : at >= 0 && at < p_.src[axis];
    }
    return count;
  }

  void pool_row(const poolbench_tensors& t, int64_t row) const {
    const bool max = p_.reduction == POOLBENCH_MAX;
    const int64_t oh = row % p_.dst[1], width = p_.dst[2], stride = p_.stride[2];
    float* out = dst(t) + row * width;
    std::fill(out, out + width, max ? -INFINITY : 0.0f);
    for (int64_t kh = 0; kh < p_.kernel[1]; ++kh) {
      const int64_t h = position(1, oh, kh);
      if (h < 0 || h >= p_.src[1]) continue;
      for (int64_t kw = 0; kw < p_.kernel[2]; ++kw) {
        const int64_t w = position(2, 0, kw);  // the first output's tap
        const int64_t begin = w < 0 ? (-w + stride - 1) / stride : 0;
        const int64_t end = w >= p_.src[2] ? 0 : (p_.src[2] - 1 - w) / stride + 1;
        const int64_t count = std::min(end, width) - begin;
        const float* taps = plane_of(t, row) + h * p_.src[2] + w + begin * stride;
        max ? fold_taps(out + begin, taps, count, stride, larger)
            : fold_taps(out + begin, taps, count, stride, [](float a, float b) { return a + b; });
      }
    }
    if (max) return;
    for (int64_t ow = 0; ow < width; ++ow)
      if (out[ow] != 0) out[ow] /= divisor(oh, ow);
  }

  void pool_row_with_indices(const poolbench_tensors& t, int64_t row) const {
    const float* plane = plane_of(t, row);
    for (int64_t ow = 0; ow < p_.dst[2]; ++ow) {
      float best = -INFINITY;
      int64_t index = -1;
      for_taps(row % p_.dst[1], ow, [&](int64_t h, int64_t w) {
        const int64_t at = h * p_.src[2] + w;
        if (index >= 0 && !(plane[at] > best) && !std::isnan(plane[at])) return;
        best = plane[at];
        index = at;
      });
      dst(t)[row * p_.dst[2] + ow] = best;
      t.indices[row * p_.dst[2] + ow] = index;
    }
  }
};

// The interface of host/module.h around a probe.
template <class Probe>
struct Module {
  static int32_t supports(const poolbench_backend*, const poolbench_problem* problem, const char*,
                          char* message, int64_t bytes) {
    const char* why_not = Probe::why_not(*problem);
    if (why_not != nullptr) std::snprintf(message, size_t(bytes), "%s", why_not);
    return why_not == nullptr;
  }
  static int32_t plan(const poolbench_backend* self, const poolbench_problem* problem,
                      const char* kernel, void** plan, char* message, int64_t bytes) {
    if (!supports(self, problem, kernel, message, bytes)) return POOLBENCH_REFUSED;
    return guarded(message, bytes, [&] { *plan = static_cast<Honest*>(new Probe(*problem)); });
  }
  static int32_t launch(void* plan, const poolbench_tensors* tensors, void*, char* message,
                        int64_t bytes) {
    return guarded(message, bytes, [&] { static_cast<Honest*>(plan)->launch(*tensors); });
  }
  static void destroy(void* plan) { delete static_cast<Honest*>(plan); }
  static void rest(void* plan) { static_cast<Honest*>(plan)->rest(); }
  static int64_t scratch_bytes(void* plan) { return static_cast<Honest*>(plan)->scratch_bytes(); }
  static int32_t known_difference(const poolbench_backend*, const poolbench_problem*,
                                  const poolbench_output* output, char* message, int64_t bytes) {
    const char* rule = Probe::known_difference(*output);
    if (rule != nullptr) std::snprintf(message, size_t(bytes), "%s", rule);
    return rule != nullptr;
  }

  static const poolbench_module* open() {
    static const poolbench_kernel kernels[] = {{.name = "probe", .summary = "a probe"}};
    static const poolbench_backend backend = {.struct_bytes = sizeof backend,
                                              .substrate = "host",
                                              .kernel_count = 1,
                                              .kernels = kernels,
                                              .supports = supports,
                                              .plan = plan,
                                              .launch = launch,
                                              .destroy_plan = destroy,
                                              .plan_scratch_bytes = scratch_bytes,
                                              .known_difference = known_difference,
                                              .rest = rest};
    static const poolbench_backend* const backends[] = {&backend};
    static const poolbench_module module = {.version = POOLBENCH_MODULE_VERSION,
                                            .backend_count = 1,
                                            .struct_bytes = sizeof module,
                                            .backends = backends};
    return &module;
  }

 private:
  template <class Work>
  static int32_t guarded(char* message, int64_t bytes, Work&& work) {
    try {
      work();
      return POOLBENCH_OK;
    } catch (const std::bad_alloc&) {
      return POOLBENCH_OUT_OF_MEMORY;
    } catch (const std::exception& error) {
      std::snprintf(message, size_t(bytes), "%s", error.what());
      return POOLBENCH_FAILED;
    }
  }
};

}  // namespace probe

#define POOLBENCH_PROBE(Probe) \
  const poolbench_module* poolbench_open_module() { return probe::Module<Probe>::open(); }

#endif  // POOLBENCH_TESTS_CHEATS_PROBE_H_
