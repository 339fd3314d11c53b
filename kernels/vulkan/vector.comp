// Channels last, channels in whole runs of 16 bytes.
//
// An invocation takes one run (LANES channels) and makes kAcross outputs along w in kRows rows.
// Windows known to the compiler: it walks the input rows under the outputs, loads each column's run
// once, shares joins between outputs (overlapping.glsl) and joins the row's results into every
// output row whose window holds the row. Other windows (dilated, large, adaptive) come from the
// tables, one output an invocation. Neighbouring invocations are neighbours along c: a sub-group
// accesses whole lines.
//
// Instructions an output: counted in what Mesa's compiler for RDNA 2 makes of it (a maximum of
// integers counts two, since an H200 has half the units for it), and those that an H200 can issue
// while the output's bytes pass at its memory's speed.
//
//   counted / can issue            f32       f16      bf16      i8
//   max 3x3 s1                  38 / 55    30 / 28   42 / 28   19 / 14
//   avg 3x3 s1, no padding      25 / 55    23 / 28   29 / 28      -    + 9: corrected()
//   max 3x3 s2                  75 / 138      -      68 / 69   29 / 35
//
// Predicted: bandwidth-bound, except stride 1 in 2 bytes and less, bound by issue (0.65 of the
// memory's speed in bf16, more in others). Rejected: 2x2 outputs an invocation, with a 64-bit
// product for each load (75, 46 and 62 instructions at stride 1).
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/vector_constants.h"
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"
#include "kernels/vulkan/lanes.glsl"

const int kSrcRows = (kRows - 1) * kStrideH + kKernelH;
const int kSrcColumns = (kAcross - 1) * kStrideW + kKernelW;

// Loads the run at element `at` of an image, which has fewer than 2^31.
uvec4 load(uint64_t image, uint at) {
  return WideSource(image + uint64_t(at) * ELEMENT_BYTES).words;
}

Lane results[kRows * kAcross * kLanes];

// Stores output `i` of this invocation, which is number `output_` of its image.
void store(int64_t image, int output_, int i, int channel, Divisor by) {
  const int64_t first = image * (args.axis_d.dst * args.axis_h.dst * args.axis_w.dst * args.c);
  const int64_t at = first + uint(output_ * int(args.c) + channel);
  uvec4 words = uvec4(0);
  [[unroll]] for (int lane = 0; lane < kLanes; ++lane)
    put(words, lane, results[i * kLanes + lane], by);
  WideTarget(push.dst + uint64_t(at) * ELEMENT_BYTES).words = words;
#if REDUCTION == MAX_INDEX
  [[unroll]] for (int lane = 0; lane < LANES; lane += 2) {
    const int a = position_of(results[i * kLanes + lane].at);
    const int b = position_of(results[i * kLanes + lane + 1].at);
    WideTarget(push.indices + uint64_t(at + lane) * 8).words = uvec4(a, a >> 31, b, b >> 31);
  }
#endif
}

void known_windows(int64_t image, uint64_t src, int channel, int ow, int oh, int od) {
  const Axis d = args.axis_d, h = args.axis_h, w = args.axis_w;
  const int start_d = od * int(d.stride) - int(d.pad_begin);
  const int start_h = oh * kStrideH - int(h.pad_begin);
  const int start_w = ow * kStrideW - int(w.pad_begin), step = int(args.c);
  [[unroll]] for (int a = 0; a < kKernelD; ++a)
    [[unroll]] for (int b = 0; b < kSrcRows; ++b) {
      const int z = start_d + a, y = start_h + b;
      const bool row_inside = inside(z, d.src) && inside(y, h.src);
      const int position = (z * int(h.src) + y) * int(w.src) + start_w;
      const uint at = uint(position * step);
      uvec4 words[kSrcColumns];
      bool here[kSrcColumns];
      [[unroll]] for (int i = 0; i < kSrcColumns; ++i) {
        words[i] = uvec4(kNothing);
        here[i] = row_inside && inside(start_w + i, w.src);
        if (here[i]) words[i] = load(src, at + uint(i * step));
      }
      [[unroll]] for (int lane = 0; lane < kLanes; ++lane) {
        Lane held[kSrcColumns], outputs[kAcross];
        [[unroll]] for (int i = 0; i < kSrcColumns; ++i)
          held[i] = tap_of(words[i], lane, here[i] ? position + i : -1);
#define HELD kSrcColumns
#define KERNEL kKernelW
#define STRIDE kStrideW
#define OUTPUTS kAcross
#include "kernels/vulkan/overlapping.glsl"
        [[unroll]] for (int j = 0; j < kRows; ++j)
          if (b >= j * kStrideH && b < j * kStrideH + kKernelH)
            [[unroll]] for (int t = 0; t < kAcross; ++t) {
              const int to = (j * kAcross + t) * kLanes + lane;
              results[to] = join(results[to], outputs[t]);
            }
      }
    }

  const bool include_pad = args.reduction == kAvgIncludePad;
  const int count_d = tap_count(d, start_d, kKernelD, 1, include_pad);
  Divisor across[kAcross];
  [[unroll]] for (int t = 0; t < kAcross; ++t)
    across[t] = divisor_of(
        kDivisor != 0 ? 1 : tap_count(w, start_w + t * kStrideW, kKernelW, 1, include_pad));
  [[unroll]] for (int j = 0; j < kRows; ++j) {
    const int count_h = tap_count(h, start_h + j * kStrideH, kKernelH, 1, include_pad);
    const Divisor down = divisor_of(kDivisor != 0 ? kDivisor : count_d * count_h);
    [[unroll]] for (int t = 0; t < kAcross; ++t)
      if (oh + j < int(h.dst) && ow + t < int(w.dst))
        store(image, (od * int(h.dst) + oh + j) * int(w.dst) + ow + t, j * kAcross + t, channel,
              product(down, across[t]));
  }
}

void any_window(int64_t image, uint64_t src, int channel, int ow, int oh, int od) {
  const Axis d = args.axis_d, h = args.axis_h, w = args.axis_w;
  const Window wd = table_window(tables.table_d, 0, od);
  const Window wh = table_window(tables.table_h, 0, oh);
  const Window ww = table_window(tables.table_w, 0, ow);
  for (int z = int(wd.begin); z < int(wd.end); z += int(d.dilation))
    for (int y = int(wh.begin); y < int(wh.end); y += int(h.dilation)) {
      Lane row[kLanes];
      [[unroll]] for (int lane = 0; lane < kLanes; ++lane) row[lane] = kStart;
      const int line = (z * int(h.src) + y) * int(w.src);
      for (int x = int(ww.begin); x < int(ww.end); x += int(w.dilation)) {
        const uvec4 words = load(src, uint((line + x) * int(args.c)));
        [[unroll]] for (int lane = 0; lane < kLanes; ++lane)
          row[lane] = join(row[lane], tap_of(words, lane, line + x));
      }
      [[unroll]] for (int lane = 0; lane < kLanes; ++lane)
        results[lane] = join(results[lane], row[lane]);
    }
  const int divisor = kDivisor != 0 ? kDivisor : int(wd.count * wh.count * ww.count);
  store(image, (od * int(h.dst) + oh) * int(w.dst) + ow, 0, channel, divisor_of(divisor));
}

void main() {
  uint rest = invocation_index();
  const int channel = int(peel(rest, push.extents[0])) * LANES;
  const int ow = int(peel(rest, push.extents[1])) * kAcross;
  const int oh = int(peel(rest, push.extents[2])) * kRows;
  const int od = int(peel(rest, push.extents[3]));
  const int64_t image = rest;
  if (image >= args.n) return;
  const uint64_t src = push.src + uint64_t(image * args.axis_d.src * args.axis_h.src *
                                               args.axis_w.src * args.c + channel) *
                                      ELEMENT_BYTES;
  [[unroll]] for (int i = 0; i < kRows * kAcross * kLanes; ++i) results[i] = kStart;
  if (kTables)
    any_window(image, src, channel, ow, oh, od);
  else
    known_windows(image, src, channel, ow, oh, od);
}
