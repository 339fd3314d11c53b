// Everything: naive's loops with the outputs dealt to all cores.
//
// A thread takes an even share of the output rows (plane, od, oh); its rows follow each other, so
// that their windows share input rows in cache. Bound by its scalar taps. Compiled once, for any
// processor.
#include "kernels/openmp/openmp.h"
#include "kernels/reduce.h"

namespace poolbench::openmp {
namespace {

template <class Op>
void pool_rows(const PoolArgs& args) {
  using T = typename Op::Type;
  const auto* src = static_cast<const T*>(args.src);
  auto* dst = static_cast<T*>(args.dst);
  const int64_t rows_d = args.axis[0].dst, rows_h = args.axis[1].dst, width = args.axis[2].dst;
  const int64_t rows = args.idle != 0 ? 0 : args.n * args.c * rows_d * rows_h;
#pragma omp parallel for schedule(static)
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t plane = row / (rows_d * rows_h);
    const int64_t od = row / rows_h % rows_d, oh = row % rows_h;
    const PlaneLayout in = plane_layout(args, plane, src_plane_size(args));
    const PlaneLayout out = plane_layout(args, plane, dst_plane_size(args));
    Window w[3] = {
        table_window(args.table[0], plane, od), table_window(args.table[1], plane, oh), {}};
    for (int64_t ow = 0; ow < width; ++ow) {
      w[2] = table_window(args.table[2], plane, ow);
      const Op op = reduce_window<Op>(
          args, w, [&](int64_t position) { return src[in.base + position * in.step]; });
      const int64_t at = out.base + ((od * rows_h + oh) * width + ow) * out.step;
      dst[at] = op.value(w[0].count * w[1].count * w[2].count);
      if constexpr (Op::kIndices) args.indices[at] = op.index();
    }
  }
}

void launch(const PoolArgs& args, void*) {
  dispatch_reduction<kTakesEverything.types>(
      args, [&](auto tag) { pool_rows<typename decltype(tag)::type>(args); });
}

}  // namespace

constinit const Kernel kTable = {.name = "table",
                                 .summary = "windows from the tables, one output row a step",
                                 .takes = kTakesEverything,
                                 .refuses = nullptr,
                                 .launch = launch,
                                 .scratch_bytes = nullptr};

}  // namespace poolbench::openmp
