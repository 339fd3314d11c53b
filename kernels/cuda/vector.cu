#include "kernels/cuda/vector.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {
namespace {

template <class T, class Channels, int kWindow>
void launch_body(const PoolArgs& args, void* stream) {
  using Body = VectorBody<T, Channels, kWindow>;
  const int64_t runs = args.c / Body::kRun, items = args.n * dst_plane_size(args) * runs;
  if (items == 0) return;
  const VectorParams params{.args = args,
                            .runs = fast_divisor(runs),
                            .d = fast_divisor(args.axis[0].dst),
                            .h = fast_divisor(args.axis[1].dst),
                            .w = fast_divisor(args.axis[2].dst),
                            .items = uint32_t(items)};
  launch<Body>(args, params, blocks_for(items, Body::kThreads), stream);
}

// Fixed: the channels of windows that are known to the compiler; Any: of all others.
template <class T, class Fixed, class Any>
void launch_windows(const PoolArgs& args, void* stream) {
  switch (fixed_window(args)) {
    case 2:
      return launch_body<T, Fixed, 2>(args, stream);
    case 3:
      return launch_body<T, Fixed, 3>(args, stream);
    default:
      return launch_body<T, Any, 0>(args, stream);
  }
}

// How each form is launched.
template <class Rule>
struct Form {
  static void launch(const PoolArgs& args, void* stream) {
    launch_windows<typename Rule::Type, ChannelSum<Rule, true>, ChannelSum<Rule, false>>(args,
                                                                                         stream);
  }
};
template <class T, class Order>
struct Form<Extreme<T, Order>> {
  static void launch(const PoolArgs& args, void* stream) {
    using Channels = ChannelExtreme<T, Order>;
    launch_windows<T, Channels, Channels>(args, stream);
  }
};
template <class T, class Order>
struct Form<ExtremeIndex<T, Order>> {
  static void launch(const PoolArgs& args, void* stream) {
    launch_body<T, ChannelOps<ExtremeIndex<T, Order>>, 0>(args, stream);
  }
};
template <class T>
struct Form<Lp<T>> {
  static void launch(const PoolArgs& args, void* stream) {
    launch_body<T, ChannelOps<Lp<T>>, 0>(args, stream);
  }
};

}  // namespace

void launch_vector(const PoolArgs& args, void* stream) {
  dispatch_form<kVectorTakes.types>(
      args, [&](auto tag) { Form<typename decltype(tag)::type>::launch(args, stream); });
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE
