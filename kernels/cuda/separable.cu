#include "kernels/cuda/separable.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {
namespace {

// The body that takes two elements a word; void: none.
template <class Op>
struct PairsOf {
  using Body = void;
};
template <class T, class Order>
requires(kPairTypes.has(kDTypeOf<T>)) struct PairsOf<Extreme<T, Order>> {
  using Body = PairsBody<T, Order>;
};

}  // namespace

void launch_separable(const PoolArgs& args, void* stream) {
  dispatch_reduction<kSeparableTakes.types>(args, [&](auto tag) {
    using Op = typename decltype(tag)::type;
    using Pairs = typename PairsOf<Op>::Body;
    if constexpr (!kIntegerLp<Op>) {
      const SeparableParams params = separable_params(args);
      if constexpr (!std::is_void_v<Pairs>)
        if (params.slide_h && params.slide_w)
          return launch<Pairs>(args, pairs_params(args), params.tiling.blocks(), stream);
      launch<SeparableBody<Op>>(args, params, params.tiling.blocks(), stream);
    }
  });
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE
