// Channels last, channels in whole 16-byte runs. An invocation takes one such run (LANES channels)
// and makes kAcross outputs along w in kRows rows. Where the compiler knows the window it walks the
// input rows they need: each column's run is loaded once and joined to every output across whose
// window holds it, and the row's results go to every output row whose window holds the row. Any
// other window comes from the tables, an output an invocation: dilated, large and adaptive ones.
// Neighbouring invocations are neighbours along c, so that a sub-group's accesses are whole lines.
//
// Counted for 16 bytes of outputs, f16, maximum: two instructions for each word that is loaded (for
// NaN), two a join of words. Beside what an H200 can issue for 8 outputs while their bytes pass,
// half of it where it is integers:
//   3x3 stride 1, 2x2 outputs: 4    loads, 32 bytes: 32 + 48 joins + 16 + 30 = 126 of 110 to 220
//   3x3 stride 2, 2x2 outputs: 6.25 loads, 80 bytes: 50 + 60 joins + 16 + 30 = 156 of 275 to 550
//   2x2 stride 2, 1 output:    4    loads, 80 bytes: 32 + 24 joins + 16 + 60 = 132 of 275 to 550
// In bf16 an element instead of a word takes as much and two more: three times the instructions.
// Predicted to be bound by memory, but for stride 1 in two bytes and less, bound by issue.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"
#include "kernels/vulkan/lanes.glsl"

// Number 1 is kNorm.
layout(constant_id = 2) const int kAcross = 1;
layout(constant_id = 3) const int kRows = 1;
// A dense window, or 0: from the tables.
layout(constant_id = 4) const int kKernelD = 0;
layout(constant_id = 5) const int kKernelH = 0;
layout(constant_id = 6) const int kKernelW = 0;
layout(constant_id = 7) const int kStrideH = 1;
layout(constant_id = 8) const int kStrideW = 1;
layout(constant_id = 9) const int kDivisor = 0;  // of all windows; 0: they differ

const int kSrcRows = (kRows - 1) * kStrideH + kKernelH;
const int kSrcColumns = (kAcross - 1) * kStrideW + kKernelW;

layout(buffer_reference, scalar, buffer_reference_align = 8) readonly buffer Windows {
  Window window;
};

uvec4 load(uint64_t image, int position) {
  const uint64_t at = uint64_t(int64_t(position) * args.c);
  return WideSource(image + at * ELEMENT_BYTES).words;
}

Lane outputs[kRows * kAcross * kLanes];

// Output `i` of this invocation is number `output_` of its image.
void store(int64_t image, int output_, int i, int channel, int divisor) {
  const int64_t at = (image * args.axis_d.dst * args.axis_h.dst * args.axis_w.dst + output_) *
                     args.c + channel;
  uvec4 words = uvec4(0);
  [[unroll]] for (int lane = 0; lane < kLanes; ++lane)
    put(words, lane, outputs[i * kLanes + lane], divisor);
  WideTarget(push.dst + uint64_t(at) * ELEMENT_BYTES).words = words;
#if REDUCTION == MAX_INDEX
  [[unroll]] for (int lane = 0; lane < LANES; lane += 2) {
    const int a = outputs[i * kLanes + lane].at, b = outputs[i * kLanes + lane + 1].at;
    WideTarget(push.indices + uint64_t(at + lane) * 8).words = uvec4(a, a >> 31, b, b >> 31);
  }
#endif
}

void known_windows(int64_t image, uint64_t src, int channel, int ow, int oh, int od) {
  const Axis d = args.axis_d, h = args.axis_h, w = args.axis_w;
  const int start_d = od * int(d.stride) - int(d.pad_begin);
  const int start_h = oh * kStrideH - int(h.pad_begin);
  const int start_w = ow * kStrideW - int(w.pad_begin);
  [[unroll]] for (int a = 0; a < kKernelD; ++a)
    [[unroll]] for (int b = 0; b < kSrcRows; ++b) {
      const int z = start_d + a, y = start_h + b;
      const bool row_inside = inside(z, d.src) && inside(y, h.src);
      Lane row[kAcross * kLanes];
      [[unroll]] for (int i = 0; i < kAcross * kLanes; ++i) row[i] = kStart;
      [[unroll]] for (int c = 0; c < kSrcColumns; ++c) {
        const int x = start_w + c;
        const bool here = row_inside && inside(x, w.src);
        const int position = (z * int(h.src) + y) * int(w.src) + x;
        uvec4 words = uvec4(kNothing);
        if (here) words = load(src, position);
        [[unroll]] for (int lane = 0; lane < kLanes; ++lane) {
          const Lane one = tap_of(words, lane, here ? position : -1);
          [[unroll]] for (int t = 0; t < kAcross; ++t)
            if (c >= t * kStrideW && c < t * kStrideW + kKernelW)
              row[t * kLanes + lane] = join(row[t * kLanes + lane], one);
        }
      }
      [[unroll]] for (int j = 0; j < kRows; ++j)
        if (b >= j * kStrideH && b < j * kStrideH + kKernelH)
          [[unroll]] for (int i = 0; i < kAcross * kLanes; ++i)
            outputs[j * kAcross * kLanes + i] = join(outputs[j * kAcross * kLanes + i], row[i]);
    }

  const bool include_pad = args.reduction == kAvgIncludePad;
  const int count_d = tap_count(d, start_d, kKernelD, 1, include_pad);
  [[unroll]] for (int j = 0; j < kRows; ++j)
    [[unroll]] for (int t = 0; t < kAcross; ++t) {
      if (oh + j >= int(h.dst) || ow + t >= int(w.dst)) continue;
      int divisor = kDivisor;
      if (kDivisor == 0)
        divisor = count_d * tap_count(h, start_h + j * kStrideH, kKernelH, 1, include_pad) *
                  tap_count(w, start_w + t * kStrideW, kKernelW, 1, include_pad);
      store(image, (od * int(h.dst) + oh + j) * int(w.dst) + ow + t, j * kAcross + t, channel,
            divisor);
    }
}

Window table_window(Axis axis, int o) {
  return Windows(axis.windows + uint64_t(o) * 24).window;
}

void any_window(int64_t image, uint64_t src, int channel, int ow, int oh, int od) {
  const Axis d = args.axis_d, h = args.axis_h, w = args.axis_w;
  const Window wd = table_window(d, od), wh = table_window(h, oh), ww = table_window(w, ow);
  for (int z = int(wd.begin); z < int(wd.end); z += int(d.dilation))
    for (int y = int(wh.begin); y < int(wh.end); y += int(h.dilation)) {
      Lane row[kLanes];
      [[unroll]] for (int lane = 0; lane < kLanes; ++lane) row[lane] = kStart;
      const int line = (z * int(h.src) + y) * int(w.src);
      for (int x = int(ww.begin); x < int(ww.end); x += int(w.dilation)) {
        const uvec4 words = load(src, line + x);
        [[unroll]] for (int lane = 0; lane < kLanes; ++lane)
          row[lane] = join(row[lane], tap_of(words, lane, line + x));
      }
      [[unroll]] for (int lane = 0; lane < kLanes; ++lane)
        outputs[lane] = join(outputs[lane], row[lane]);
    }
  const int divisor = kDivisor != 0 ? kDivisor : int(wd.count * wh.count * ww.count);
  store(image, (od * int(h.dst) + oh) * int(w.dst) + ow, 0, channel, divisor);
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
  [[unroll]] for (int i = 0; i < kRows * kAcross * kLanes; ++i) outputs[i] = kStart;
  if (kKernelW != 0)
    known_windows(image, src, channel, ow, oh, od);
  else
    any_window(image, src, channel, ow, oh, od);
}
