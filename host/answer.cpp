#include "host/answer.h"

#include <cstring>

#include "host/reference.h"
#include "host/windows.h"
#include "kernels/reduce.h"

namespace poolbench {
namespace {

template <class T>
T rounded(const PoolSpec& spec, const Expected& expected) {
  if (std::is_integral_v<T> && spec.reduction != Reduction::kLp) return store<T>(expected.integer);
  return store<T>(double(expected.value));
}

}  // namespace

Outputs answer(const Problem& problem, const void* src) {
  const Extents& dst = problem.dst();
  const int64_t size = dst[0] * dst[1] * dst[2], c = problem.c();
  const bool last = problem.layout() == Layout::kChannelsLast;
  Outputs outputs;
  outputs[Role::kDst].resize(size_t(problem.dst_bytes()));
  outputs[Role::kIndices].resize(size_t(problem.index_bytes()));
  Reference reference(problem, src);
  const FoldCost cost = Reference::fold_cost(problem);
  const bool folds = cost.fits() && cost.joins < all_taps(problem);
  dispatch(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (int64_t plane = 0; plane < problem.planes(); ++plane) {
      if (folds) reference.fold(plane);
      for (int64_t o = 0; o < size; ++o) {
        const int64_t at = last ? (plane / c * size + o) * c + plane % c : plane * size + o;
        const Expected expected =
            reference.at(plane, {o / (dst[1] * dst[2]), o / dst[2] % dst[1], o % dst[2]});
        const T value = rounded<T>(problem.spec(), expected);
        std::memcpy(&outputs[Role::kDst][size_t(at) * sizeof value], &value, sizeof value);
        if (problem.spec().indices)
          std::memcpy(&outputs[Role::kIndices][size_t(at) * sizeof expected.index], &expected.index,
                      sizeof expected.index);
      }
    }
  });
  return outputs;
}

}  // namespace poolbench
