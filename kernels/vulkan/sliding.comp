// Sliding windows by arithmetic, in either layout. An invocation makes kRows outputs below each
// other, of one channel: it walks the input rows under them from top to bottom, reduces each row's
// taps once and joins the result into every output whose window holds the row. Neighbouring
// invocations are neighbours in memory: along w, or along c.
//
// An output takes kernel_w x ((kRows - 1) stride_h + kernel_h) / kRows scalar loads, each with some
// eight instructions of addresses and bounds. Predicted: bound by their issue.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/sliding_constants.h"
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"
#include "kernels/vulkan/lanes.glsl"

int pick(int constant, int64_t run_time) { return constant != 0 ? constant : int(run_time); }

void main() {
  const Axis d = args.axis_d, h = args.axis_h, w = args.axis_w;
  const int channels = kLayout == kChannelsLast ? int(args.c) : 1;
  const bool dense = kKernelW != 0;
  const int kernel_d = pick(kKernelD, d.kernel), kernel_h = pick(kKernelH, h.kernel);
  const int kernel_w = pick(kKernelW, w.kernel);
  const int stride_h = pick(kStrideH, h.stride), stride_w = pick(kStrideW, w.stride);
  // Dense windows share rows; with dilation kRows is 1.
  const int step_d = dense ? 1 : int(d.dilation), step_h = dense ? 1 : int(h.dilation);
  const int step_w = dense ? 1 : int(w.dilation);

  uint rest = invocation_index();
  const int channel = kLayout == kChannelsLast ? int(peel(rest, push.extents[3])) : 0;
  const int ow = int(peel(rest, push.extents[0]));
  const int first_oh = int(peel(rest, push.extents[1])) * kRows;
  const int od = int(peel(rest, push.extents[2]));
  const int64_t outer = rest;  // the plane, or channels last the image
  if (outer >= (kLayout == kChannelsLast ? args.n : args.n * args.c)) return;

  const int row_length = int(w.src) * channels;
  const uint64_t src = push.src + uint64_t(outer * d.src * h.src * row_length) * ELEMENT_BYTES;
  const int start_d = od * int(d.stride) - int(d.pad_begin);
  const int start_h = first_oh * stride_h - int(h.pad_begin);
  const int start_w = ow * stride_w - int(w.pad_begin);

  Lane outputs[kRows];
  [[unroll]] for (int j = 0; j < kRows; ++j) outputs[j] = kStart;
  [[unroll]] for (int a = 0; a < kernel_d; ++a) {
    const int z = start_d + a * step_d;
    if (!inside(z, d.src)) continue;
    [[unroll]] for (int b = 0; b < (kRows - 1) * stride_h + kernel_h; ++b) {
      const int y = start_h + b * step_h;
      if (!inside(y, h.src)) continue;
      Lane row = kStart;
      const int line = z * int(h.src) + y;
      [[unroll]] for (int k = 0; k < kernel_w; ++k) {
        const int x = start_w + k * step_w;
        if (kClip && !inside(x, w.src)) continue;
        const int at = line * row_length + x * channels + channel;
        row = join(row, tap(Stored(Source(src).element[at]), line * int(w.src) + x));
      }
      [[unroll]] for (int j = 0; j < kRows; ++j)
        if (b >= j * stride_h && b < j * stride_h + kernel_h) outputs[j] = join(outputs[j], row);
    }
  }

  const int64_t dst_image = outer * d.dst * h.dst * w.dst * channels;
  const bool include_pad = args.reduction == kAvgIncludePad;
  const int count_dw = tap_count(d, start_d, kernel_d, step_d, include_pad) *
                       tap_count(w, start_w, kernel_w, step_w, include_pad);
  [[unroll]] for (int j = 0; j < kRows; ++j) {
    const int oh = first_oh + j;
    if (oh >= int(h.dst)) return;
    const int at = ((od * int(h.dst) + oh) * int(w.dst) + ow) * channels + channel;
    int count =
        count_dw * tap_count(h, start_h + j * stride_h, kernel_h, step_h, include_pad);
#if REDUCTION == AVERAGE
    if (args.divisor != 0) count = int(args.divisor);
#endif
    Target(push.dst + uint64_t(dst_image) * ELEMENT_BYTES).element[at] =
        Element(result(outputs[j], divisor_of(count)));
#if REDUCTION == MAX_INDEX
    Indices(push.indices + uint64_t(dst_image + at) * 8).index = position_of(outputs[j].at);
#endif
  }
}
