// Reductions across lanes, used by `whole` and `folds`.
#ifndef POOLBENCH_KERNELS_OPENMP_LANES_H_
#define POOLBENCH_KERNELS_OPENMP_LANES_H_

#include "kernels/openmp/ops.h"

namespace poolbench::openmp::POOLBENCH_ISA {

// All lanes of a vector, or of a part of one, merged into one. Sums of bytes are widened first.
template <class Op, class X>
POOLBENCH_INLINE auto reduce_lanes(X v) {
  constexpr int N = kLanesOf<X>;
  if constexpr (sizeof(Lane<X>) == 2 && Op::kSum) {
    using Narrow = Vec<int16_t, N / 2>;
    using Wide = Vec<int32_t, N / 2>;
    Narrow half[2];
    __builtin_memcpy(half, &v, sizeof(v));
    return reduce_lanes<Op>(__builtin_convertvector(half[0], Wide) +
                            __builtin_convertvector(half[1], Wide));
  } else if constexpr (N == 1) {
    return v[0];
  } else if constexpr (sizeof(X) <= 16 && N <= 4) {
    auto result = v[0];
    for (int i = 1; i < N; ++i) result = Op::merge_one(Lane<X>(v[i]), result);
    return result;
  } else {
    using Half = Vec<Lane<X>, N / 2>;
    Half half[2];
    __builtin_memcpy(half, &v, sizeof(v));
    return reduce_lanes<Op>(Op::merge(half[0], half[1]));
  }
}

// The lanes of kCount vectors get(0), get(1) ... in groups of kCount, each group merged into one
// lane; groups keep their order. Takes two shuffles and a merge a vector, and log2(kCount) + 1
// registers.
template <class Op, int kCount, int kFirst = 0, class Get>
POOLBENCH_INLINE typename Op::V reduce_lane_groups(const Get& get) {
  if constexpr (kCount == 1) {
    return get(kFirst);
  } else {
    const auto a = reduce_lane_groups<Op, kCount / 2, kFirst>(get);
    const auto b = reduce_lane_groups<Op, kCount / 2, kFirst + kCount / 2>(get);
    return Op::merge(every_second<0>(a, b), every_second<1>(a, b));
  }
}

}  // namespace poolbench::openmp::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_LANES_H_
