// Sliding windows by 32-bit arithmetic, for kernels that need no tables.
#ifndef POOLBENCH_KERNELS_CUDA_WINDOWS_CUH_
#define POOLBENCH_KERNELS_CUDA_WINDOWS_CUH_

#include "kernels/cuda/words.h"

namespace poolbench {

struct Taps {
  int32_t begin, end, count;  // as in Window
};

POOLBENCH_DEVICE Taps taps_of(const Axis& axis, int32_t o, bool include_pad) {
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

// What a divisor counts of dense windows, of up to kMaxPlainTerms places: those inside the input,
// or inside the padded input.
struct Counted {
  int32_t from[3], to[3];
  float inverse[kMaxPlainTerms + 1];

  explicit Counted(const PoolArgs& args) {
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

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_WINDOWS_CUH_
