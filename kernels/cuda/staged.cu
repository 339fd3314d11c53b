#include "kernels/cuda/staged.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {
namespace {

template <class Form, int kShape>
void launch_body(const PoolArgs& args, void* stream) {
  const StagedParams params = staged_params(args);
  launch<StagedBody<Form, kShape>>(args, params, params.tiling.blocks(), stream);
}

template <class Form, int... kShape>
void launch_shape(const PoolArgs& args, void* stream, std::integer_sequence<int, kShape...>) {
  const int shape = staged_shape(args);
  ((shape == kShape ? launch_body<Form, kShape>(args, stream) : void()), ...);
}

// Lp with other p has parts, but no instances here.
template <class Form>
inline constexpr bool kTaken = true;
template <class T>
inline constexpr bool kTaken<Lp<T>> = false;

}  // namespace

void launch_staged(const PoolArgs& args, void* stream) {
  dispatch_form<kStagedTakes.types>(args, [&](auto tag) {
    using Form = typename decltype(tag)::type;
    using Shape = std::make_integer_sequence<int, int(std::size(kStagedShapes))>;
    if constexpr (kTaken<Form>) launch_shape<Form>(args, stream, Shape());
  });
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE
