// Sliding windows by 32-bit arithmetic, for kernels that need no tables.
#ifndef POOLBENCH_KERNELS_CUDA_WINDOWS_CUH_
#define POOLBENCH_KERNELS_CUDA_WINDOWS_CUH_

#include "kernels/cuda/sums.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

struct Window32 {
  int32_t begin, end, count;  // as in Window
};

// sliding_window() of kernels/axes.h.
POOLBENCH_DEVICE Window32 window_of(const Axis& axis, int32_t o, bool include_pad) {
  const int32_t src = int32_t(axis.src), step = int32_t(axis.dilation);
  const int32_t start = o * int32_t(axis.stride) - int32_t(axis.pad_begin);
  const int32_t past = start + (int32_t(axis.kernel) - 1) * step + 1;
  int32_t begin = start > 0 ? start : 0, end = past < src ? past : src;
  const int32_t padded = src + int32_t(axis.pad_end), padded_end = past < padded ? past : padded;
  if (step == 1) return {begin, end, include_pad ? padded_end - start : end - begin};
  if (start < 0) begin = start + (-start + step - 1) / step * step;
  const int32_t taps = end > begin ? (end - begin + step - 1) / step : 0;
  return {begin, end, include_pad ? (padded_end - start + step - 1) / step : taps};
}

// Counts what a dense window of up to kMaxPlainTerms positions contributes to the divisor:
// positions inside the input, or inside the padded input. Inverses come from a table.
struct Counted {
  int32_t from[3], to[3];
  float inverse[kMaxPlainTerms + 1];

  explicit Counted(const Shapes& args) {
    const bool padded = Reduction(args.reduction) == Reduction::kAvgIncludePad;
    for (int i = 0; i < 3; ++i) {
      const Axis& axis = args.axis[i];
      from[i] = padded ? int32_t(-axis.pad_begin) : 0;
      to[i] = int32_t(axis.src + (padded ? axis.pad_end : 0));
    }
    for (int count = 0; count <= kMaxPlainTerms; ++count)
      inverse[count] = Divisor(float(count)).inverse;
  }
  POOLBENCH_DEVICE Divisor divisor(int32_t count) const { return {float(count), inverse[count]}; }
  POOLBENCH_DEVICE int32_t of(int i, int32_t start, int32_t kernel) const {
    const int32_t end = start + kernel;
    return (end < to[i] ? end : to[i]) - (start > from[i] ? start : from[i]);
  }
};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_WINDOWS_CUH_
