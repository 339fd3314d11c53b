// Facts about windows and planes, each by one formula: what outputs cover, how many taps they have,
// where a plane's elements stand. Dilation is counted everywhere.
#ifndef POOLBENCH_KERNELS_AXES_H_
#define POOLBENCH_KERNELS_AXES_H_

#include "kernels/pool_args.h"
#include "kernels/set.h"

namespace poolbench {

POOLBENCH_HD constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Elements of one (n, c) plane.
POOLBENCH_HD int64_t src_plane_size(const Shapes& shapes) {
  return shapes.axis[0].src * shapes.axis[1].src * shapes.axis[2].src;
}
POOLBENCH_HD int64_t dst_plane_size(const Shapes& shapes) {
  return shapes.axis[0].dst * shapes.axis[1].dst * shapes.axis[2].dst;
}

// Where a plane's elements stand: element i is at base + i * step.
struct PlaneLayout {
  int64_t base;
  int64_t step;
};
POOLBENCH_HD PlaneLayout plane_layout(const Shapes& shapes, int64_t plane, int64_t plane_size) {
  if (Layout(shapes.layout) == Layout::kChannelsFirst) return {plane * plane_size, 1};
  return {plane / shapes.c * shapes.c * plane_size + plane % shapes.c, shapes.c};
}

// Whether arithmetic gives the windows (sliding_window), as sliding and global ones allow; adaptive
// and fractional windows stand in tables.
POOLBENCH_HD bool is_sliding(const Shapes& shapes) {
  switch (Windowing(shapes.windowing)) {
    case Windowing::kSliding:
    case Windowing::kGlobal:
      return true;
    case Windowing::kAdaptive:
    case Windowing::kFractional:
      return false;
  }
  return false;
}

// Whether a window may lie in the padding as a whole, since padding is as long as one.
POOLBENCH_HD bool has_padding_alone(const Shapes& shapes) {
  if (Windowing(shapes.windowing) != Windowing::kSliding) return false;
  for (const Axis& axis : shapes.axis) {
    const int64_t extent = (axis.kernel - 1) * axis.dilation + 1;
    if (axis.pad_begin >= extent || axis.pad_end >= extent) return true;
  }
  return false;
}

// Output o's window, read from its axis' table.
POOLBENCH_HD Window table_window(const Table& table, int64_t plane, int64_t o) {
  return table.windows[plane * table.plane_stride + o];
}

// Output o's window where is_sliding(). The count is that of the taps inside the input, or with
// `include_pad` of those inside the padded input.
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

// Taps of a window.
POOLBENCH_HD int64_t tap_count(const Axis& axis, const Window& window) {
  const int64_t extent = window.end - window.begin;
  return axis.dilation == 1 ? extent : ceil_div(extent, axis.dilation);
}

// The most taps that a window has on an axis.
POOLBENCH_HD int64_t most_taps(const Shapes& shapes, const Axis& axis) {
  switch (Windowing(shapes.windowing)) {
    case Windowing::kSliding:
    case Windowing::kGlobal:
    case Windowing::kFractional:
      return axis.kernel;
    case Windowing::kAdaptive:
      break;
  }
  if (axis.dst == 0) return 0;
  const int64_t most = ceil_div(axis.src, axis.dst) + 1;
  return most < axis.src ? most : axis.src;
}

// From the first tap of `outputs` neighbouring sliding windows to the last, padding included.
POOLBENCH_HD int64_t sliding_span(const Axis& axis, int64_t outputs) {
  return (outputs - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
}

// The most positions of the input between the first tap of `outputs` neighbours and the last.
POOLBENCH_HD int64_t most_covered(const Shapes& shapes, const Axis& axis, int64_t outputs) {
  int64_t most = axis.src;
  if (outputs == axis.dst) return most;
  switch (Windowing(shapes.windowing)) {
    case Windowing::kSliding:
      most = sliding_span(axis, outputs);
      break;
    case Windowing::kAdaptive:
      most = ceil_div(outputs * axis.src, axis.dst) + 1;
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

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_AXES_H_
