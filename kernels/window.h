// One output, computed from windows: what the plain kernels of every family do for each of theirs.
#ifndef POOLBENCH_KERNELS_WINDOW_H_
#define POOLBENCH_KERNELS_WINDOW_H_

#include "kernels/reduce.h"

namespace poolbench {

// Where a plane's elements stand: element i of a plane is at base + i * step.
struct PlaneLayout {
  int64_t base;
  int64_t step;
};

POOLBENCH_HD PlaneLayout plane_layout(const PoolArgs& args, int64_t plane, int64_t plane_size) {
  if (Layout(args.layout) == Layout::kChannelsFirst) return {plane * plane_size, 1};
  return {plane / args.c * args.c * plane_size + plane % args.c, args.c};
}

POOLBENCH_HD int64_t src_plane_size(const PoolArgs& args) {
  return args.axis[0].src * args.axis[1].src * args.axis[2].src;
}
POOLBENCH_HD int64_t dst_plane_size(const PoolArgs& args) {
  return args.axis[0].dst * args.axis[1].dst * args.axis[2].dst;
}

// Output o's window on an axis, read from the table.
POOLBENCH_HD Window table_window(const Axis& axis, int64_t plane, int64_t o) {
  return axis.windows[plane * axis.plane_stride + o];
}

// Output o's window on an axis of a sliding or global problem, by arithmetic. The count is that of
// the taps inside the input, or with `include_pad` of those inside the padded input.
POOLBENCH_HD Window sliding_window(const Axis& axis, int64_t o, bool include_pad) {
  const int64_t start = o * axis.stride - axis.pad_begin;
  const int64_t step = axis.dilation;
  const int64_t past = start + (axis.kernel - 1) * step + 1;
  const int64_t begin = start >= 0 ? start : start + (-start + step - 1) / step * step;
  const int64_t end = past < axis.src ? past : axis.src;
  const int64_t taps = end > begin ? (end - begin + step - 1) / step : 0;
  const int64_t padded_end = past < axis.src + axis.pad_end ? past : axis.src + axis.pad_end;
  const int64_t count = include_pad ? (padded_end - start + step - 1) / step : taps;
  if (taps == 0) return {0, 0, count};
  return {begin, begin + (taps - 1) * step + 1, count};
}

// At most so many positions do `outputs` neighbours cover.
inline int64_t most_covered(const PoolArgs& args, const Axis& axis, int64_t outputs) {
  int64_t most = axis.src;
  if (outputs == axis.dst) return most;
  switch (Windowing(args.windowing)) {
    case Windowing::kSliding:
      most = (outputs - 1) * axis.stride + axis.kernel;
      break;
    case Windowing::kAdaptive:
      most = (outputs * axis.src + axis.dst - 1) / axis.dst + 1;
      break;
    case Windowing::kFractional:
      most = ((outputs - 1) * (axis.src - axis.kernel) + axis.dst - 2) / (axis.dst - 1) + 1 +
             axis.kernel;
      break;
    case Windowing::kGlobal:
      break;
  }
  return most < axis.src ? most : axis.src;
}

// Reduces one window. `read(i)` gives element i of the plane.
template <class Op, class Read>
POOLBENCH_HD Op reduce_window(const PoolArgs& args, const Window (&w)[3], Read&& read) {
  Op op(args);
  for (int64_t d = w[0].begin; d < w[0].end; d += args.axis[0].dilation)
    for (int64_t h = w[1].begin; h < w[1].end; h += args.axis[1].dilation)
      for (int64_t x = w[2].begin; x < w[2].end; x += args.axis[2].dilation) {
        const int64_t position = (d * args.axis[1].src + h) * args.axis[2].src + x;
        op.add(load(read(position)), position);
      }
  return op;
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_WINDOW_H_
