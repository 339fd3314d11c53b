// Channels last, channels in whole 16-byte runs. An invocation takes one such run (LANES channels)
// and makes kAcross outputs along w in kRows rows. Where the compiler knows the window it walks the
// input rows they need: each column's run is loaded once, outputs across share joins
// (overlapping.glsl), and the row's results go to every output row whose window holds the row. Any
// other window comes from the tables, an output an invocation: dilated, large and adaptive ones.
// Neighbouring invocations are neighbours along c, so that a sub-group's accesses are whole lines.
//
// Counted in the code that a compiler makes of it (Mesa's for RDNA 2; a maximum of integers is two,
// as an H200 has half the units for it), for one output, beside what an H200 can issue while its
// bytes pass:
//                                         f32         f16         bf16        i8
//   3x3 stride 1, maximum:              38 of 55    30 of 28    42 of 28    19 of 14
//   the same, average without padding:  25 of 55    23 of 28    29 of 28
//   3x3 stride 2, maximum:              75 of 138               68 of 69    29 of 35
// Predicted to be bound by memory, but for stride 1 in two bytes and less, bound by issue: 0.65 of
// the memory's speed in bf16 and more in others. With 2x2 outputs an invocation and a 64-bit
// product for each load, stride 1 took 75, 46 and 62.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"
#include "kernels/vulkan/lanes.glsl"

// Number 1 is kNorm.
layout(constant_id = 2) const int kAcross = 1;
layout(constant_id = 3) const int kRows = 1;
layout(constant_id = 4) const int kKernelD = 1;
layout(constant_id = 5) const int kKernelH = 1;
layout(constant_id = 6) const int kKernelW = 1;
layout(constant_id = 7) const int kStrideH = 1;
layout(constant_id = 8) const int kStrideW = 1;
layout(constant_id = 9) const int kDivisor = 0;  // of all windows; 0: they differ
layout(constant_id = 10) const bool kTables = false;  // then kernels and strides are 1

const int kSrcRows = (kRows - 1) * kStrideH + kKernelH;
const int kSrcColumns = (kAcross - 1) * kStrideW + kKernelW;

layout(buffer_reference, scalar, buffer_reference_align = 8) readonly buffer Windows {
  Window window;
};

// Element `at` of an image, which has fewer than 2^31.
uvec4 load(uint64_t image, uint at) {
  return WideSource(image + uint64_t(at) * ELEMENT_BYTES).words;
}

Lane results[kRows * kAcross * kLanes];

// Output `i` of this invocation is number `output_` of its image.
void store(int64_t image, int output_, int i, int channel, Divisor by) {
  const int64_t first = image * (args.axis_d.dst * args.axis_h.dst * args.axis_w.dst * args.c);
  const int64_t at = first + uint(output_ * int(args.c) + channel);
  uvec4 words = uvec4(0);
  [[unroll]] for (int lane = 0; lane < kLanes; ++lane)
    put(words, lane, results[i * kLanes + lane], by);
  WideTarget(push.dst + uint64_t(at) * ELEMENT_BYTES).words = words;
#if REDUCTION == MAX_INDEX
  [[unroll]] for (int lane = 0; lane < LANES; lane += 2) {
    const int a = results[i * kLanes + lane].at, b = results[i * kLanes + lane + 1].at;
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
              down * across[t]);
  }
}

Window table_window(Table table, int o) {
  return Windows(table.windows + uint64_t(o) * 24).window;
}

void any_window(int64_t image, uint64_t src, int channel, int ow, int oh, int od) {
  const Axis d = args.axis_d, h = args.axis_h, w = args.axis_w;
  const Window wd = table_window(tables.table_d, od), wh = table_window(tables.table_h, oh), ww = table_window(tables.table_w, ow);
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
  const int channel = int(peel(rest, 0)) * LANES, ow = int(peel(rest, 1)) * kAcross;
  const int oh = int(peel(rest, 2)) * kRows, od = int(peel(rest, 3));
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
