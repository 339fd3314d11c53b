#include "kernels/cuda/strip.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {
namespace {

template <class Form, int kShape>
void launch_body(const PoolArgs& args, void* stream) {
  using Body = StripBody<Form, kShape>;
  const int64_t tiles_w = ceil_div(args.axis[2].dst, Body::kCount);
  const int64_t tiles_h = ceil_div(args.axis[1].dst, Body::kRows);
  const int64_t items = args.n * args.c * args.axis[0].dst * tiles_h * tiles_w;
  if (items == 0) return;
  StripParams params{.args = args,
                     .tiles_w = fast_divisor(tiles_w),
                     .tiles_h = fast_divisor(tiles_h),
                     .d = fast_divisor(args.axis[0].dst),
                     .items = uint32_t(items),
                     .store_bytes = 16,
                     .counted = Counted(args)};
  while (args.axis[2].dst * int64_t(sizeof(typename Body::T)) % params.store_bytes != 0)
    params.store_bytes /= 2;
  launch<Body>(args, params, blocks_for(items, Body::kThreads), stream);
}

template <class Form, int... kShape>
void launch_shape(const PoolArgs& args, void* stream, std::integer_sequence<int, kShape...>) {
  const int shape = strip_shape(args);
  ((shape == kShape ? launch_body<Form, kShape>(args, stream) : void()), ...);
}

}  // namespace

void launch_strip(const PoolArgs& args, void* stream) {
  dispatch_form<kStripTakes.types>(args, [&](auto tag) {
    using Form = typename decltype(tag)::type;
    using Shape = std::make_integer_sequence<int, int(std::size(kStripShapes))>;
    if constexpr (requires { sizeof(Columns<Form, 1>); }) launch_shape<Form>(args, stream, Shape());
  });
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE
