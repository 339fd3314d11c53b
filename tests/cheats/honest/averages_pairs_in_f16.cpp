// Odd: adds two f16 numbers in f16: for two taps that is the sum in f32, rounded once.
// Run: bench --problem avg_exclude_pad/sliding/f16/nchw/src:1x64x56x56/k:1x2/s:1x2
#include "kernels/types.h"
#include "tests/cheats/probe.h"

struct AveragesPairsInF16 : probe::Honest {
  using Honest::Honest;
  static const char* why_not(const poolbench_problem& p) {
    if (p.dtype != POOLBENCH_F16) return "type: f16 only";
    if (p.reduction != POOLBENCH_AVG_EXCLUDE_PAD && p.reduction != POOLBENCH_AVG_INCLUDE_PAD)
      return "reduction: averages only";
    const bool pairs = p.windowing == POOLBENCH_SLIDING && p.rank == 2 && p.kernel[1] == 1 &&
                       p.kernel[2] == 2 && p.stride[1] == 1 && p.stride[2] == 2 &&
                       p.dilation[2] == 1 && p.pad_begin[1] + p.pad_end[1] == 0 &&
                       p.pad_begin[2] + p.pad_end[2] == 0 && p.divisor == 0;
    if (!pairs || p.src[2] % 2 != 0) return "windowing: pairs in a row only";
    return p.layout == POOLBENCH_CHANNELS_FIRST ? nullptr : "layout: nchw only";
  }
  void launch(const poolbench_tensors& t) override {
    using poolbench::f16;
    const auto* src = static_cast<const f16*>(t.src);
    auto* dst = static_cast<f16*>(t.dst);
    for (int64_t o = 0; o < outputs(); ++o) {
      const float a = poolbench::load(src[2 * o]), b = poolbench::load(src[2 * o + 1]);
      // Halves first: their sum cannot leave the range, and subnormal halves are f32's to hold.
      dst[o] = poolbench::store<f16>(a / 2 + b / 2);
    }
  }
};
POOLBENCH_PROBE(AveragesPairsInF16)
