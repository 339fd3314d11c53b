// Many vectors into one, lane by lane: `whole` and `folds`.
#ifndef POOLBENCH_KERNELS_OPENMP_FOLD_H_
#define POOLBENCH_KERNELS_OPENMP_FOLD_H_

#include "kernels/openmp/ops.h"

namespace poolbench::POOLBENCH_ISA {

// Of kCount vectors get(0), get(1) ... the lanes in runs of kCount, each run combined into a lane,
// in their order: two shuffles and a combination a vector, and a register for each halving.
template <class Op, int kCount, int kFirst = 0, class Get>
POOLBENCH_INLINE typename Op::V fold_by_halves(const Get& get) {
  if constexpr (kCount == 1) {
    return get(kFirst);
  } else {
    const auto a = fold_by_halves<Op, kCount / 2, kFirst>(get);
    const auto b = fold_by_halves<Op, kCount / 2, kFirst + kCount / 2>(get);
    return Op::combine(every_second<0>(a, b), every_second<1>(a, b));
  }
}

}  // namespace poolbench::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_FOLD_H_
