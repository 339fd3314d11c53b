// From the run-time reduction and type of a problem to template arguments, once for all kernels.
#ifndef POOLBENCH_KERNELS_DISPATCH_H_
#define POOLBENCH_KERNELS_DISPATCH_H_

#include "kernels/reduce.h"

namespace poolbench {

template <class T>
struct TypeTag {
  using type = T;
};

// Calls f(TypeTag<T>{}) with the element type.
template <class F>
void dispatch_dtype(const PoolArgs& args, F&& f) {
  switch (DType(args.dtype)) {
    case DType::kF64:
      return f(TypeTag<double>{});
    case DType::kF32:
      return f(TypeTag<float>{});
    case DType::kF16:
      return f(TypeTag<f16>{});
    case DType::kBF16:
      return f(TypeTag<bf16>{});
    case DType::kI8:
      return f(TypeTag<int8_t>{});
    case DType::kU8:
      return f(TypeTag<uint8_t>{});
    case DType::kI32:
      return f(TypeTag<int32_t>{});
  }
}

// Calls f(TypeTag<Op>{}) with the reduction over the element type (Op::Type). Of i32 there is the
// maximum alone: host/spec.md, Types, refuses the rest before a kernel sees it.
template <class F>
void dispatch(const PoolArgs& args, F&& f) {
  dispatch_dtype(args, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto reduction = Reduction(args.reduction);
    if (reduction == Reduction::kMax)
      return args.with_indices ? f(TypeTag<MaxIndex<T>>{}) : f(TypeTag<Max<T>>{});
    if constexpr (!std::is_same_v<T, int32_t>)
      return reduction == Reduction::kLp ? f(TypeTag<Lp<T>>{}) : f(TypeTag<Average<T>>{});
  });
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_DISPATCH_H_
