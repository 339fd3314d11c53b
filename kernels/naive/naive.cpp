// One thread walks planes, outputs and taps in row-major order. Both kernels are the same loops;
// they differ in where a window comes from. Bound by its scalar taps, not by memory.
#include "kernels/naive/naive.h"

#include "kernels/reduce.h"

namespace poolbench::naive {
namespace {

// window_of(axis number, plane, o) gives output o's window on that axis.
template <class Op, class WindowOf>
void pool(const PoolArgs& args, WindowOf&& window_of) {
  if (args.idle != 0) return;
  using T = typename Op::Type;
  const auto* src = static_cast<const T*>(args.src);
  auto* dst = static_cast<T*>(args.dst);
  for (int64_t plane = 0; plane < args.n * args.c; ++plane) {
    const PlaneLayout in = plane_layout(args, plane, src_plane_size(args));
    const PlaneLayout out = plane_layout(args, plane, dst_plane_size(args));
    int64_t o = 0;
    for (int64_t od = 0; od < args.axis[0].dst; ++od)
      for (int64_t oh = 0; oh < args.axis[1].dst; ++oh)
        for (int64_t ow = 0; ow < args.axis[2].dst; ++ow, ++o) {
          const Window w[3] = {window_of(0, plane, od), window_of(1, plane, oh),
                               window_of(2, plane, ow)};
          const Op op = reduce_window<Op>(
              args, w, [&](int64_t position) { return src[in.base + position * in.step]; });
          const int64_t at = out.base + o * out.step;
          dst[at] = op.value(w[0].count * w[1].count * w[2].count);
          if constexpr (Op::kIndices) args.indices[at] = op.index();
        }
  }
}

void table(const PoolArgs& args, void*) {
  dispatch_reduction<kPlainTypes>(args, [&](auto tag) {
    pool<typename decltype(tag)::type>(args, [&](int axis, int64_t plane, int64_t o) {
      return table_window(args.table[axis], plane, o);
    });
  });
}

void sliding(const PoolArgs& args, void*) {
  const bool include_pad = Reduction(args.reduction) == Reduction::kAvgIncludePad;
  dispatch_reduction<kPlainTypes>(args, [&](auto tag) {
    pool<typename decltype(tag)::type>(args, [&](int axis, int64_t, int64_t o) {
      return sliding_window(args.axis[axis], o, include_pad);
    });
  });
}

constexpr Kernel kKernels[] = {
    {.name = "sliding",
     .summary = "windows by arithmetic",
     .takes = {.reductions = kEveryReduction,
               .windowings = kSlidingWindows,
               .types = kPlainTypes,
               .operands = kValuesAndIndices,
               .dilation = true,
               .padding_alone = true},
     .refuses = nullptr,
     .launch = sliding,
     .scratch_bytes = nullptr},
    {.name = "table",
     .summary = "windows from the tables",
     .takes = kTakesEverything,
     .refuses = nullptr,
     .launch = table,
     .scratch_bytes = nullptr},
};

}  // namespace

std::span<const Kernel> kernels() { return kKernels; }

}  // namespace poolbench::naive
