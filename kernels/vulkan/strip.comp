// Channels first, dense windows that the compiler knows, rows of whole words. An invocation makes
// 16 bytes of outputs side by side (LANES of them) in kRows rows below each other. It walks the
// input rows they need: each is kStrideW runs of 16 bytes, read in accesses as wide as the rows are
// aligned to, and, one by one, the few elements that windows reach to the left and right of them.
// The row's taps become LANES results in registers, which go to every output row whose window holds
// the row. Neighbouring invocations are neighbours along w, so that a sub-group's accesses are
// whole lines.
//
// Counted in the code that a compiler makes of it (Mesa's for RDNA 2; a maximum of integers or of a
// word is two, as an H200 has half the units for it), for one output, beside what an H200 can issue
// while its bytes pass; f16 maxima are packed, two in a word:
//                                         f32         f16         bf16        i8
//   3x3 stride 2, 2 rows:               73 of 138   61 of 69    64 of 69    34 of 35
//   3x3 stride 1, 4 rows:               45 of 55    37 of 28    37 of 28
//   the same, average without padding:  40 of 55    28 of 28    34 of 28
//   2x2 stride 2, 1 row:                63 of 138   42 of 69    51 of 69    24 of 35
// Predicted to be bound by memory, but for stride 1 in two bytes and less, bound by issue (0.74 of
// the memory's speed and more); rows aligned to 4 bytes alone by the first cache, whose lines each
// access of a sub-group then takes eight of (about 0.8). Rounding to f16 in software and a
// reciprocal for each output took 50 where 28 stand.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"
#include "kernels/vulkan/lanes.glsl"

// Number 1 is kNorm.
layout(constant_id = 2) const int kRows = 1;
layout(constant_id = 3) const int kKernelD = 1;
layout(constant_id = 4) const int kKernelH = 1;
layout(constant_id = 5) const int kKernelW = 1;
layout(constant_id = 6) const int kStrideH = 1;
layout(constant_id = 7) const int kStrideW = 1;
layout(constant_id = 8) const int kLeft = 0;       // the padding on w
layout(constant_id = 9) const int kRight = 0;      // elements needed behind the runs
layout(constant_id = 10) const bool kClip = true;  // whether runs may lie outside the row
layout(constant_id = 11) const int kStoreBytes = 16;  // what output rows are aligned to
layout(constant_id = 12) const int kDivisor = 0;      // of all windows; 0: they differ
layout(constant_id = 13) const int kLoadBytes = 16;   // what input rows are aligned to

const int kRunColumns = kStrideW * LANES;
#ifdef PACKED
const int kHeldLeft = kLeft + kLeft % 2, kPerLane = 2;
#else
const int kHeldLeft = kLeft, kPerLane = 1;
#endif
const int kColumns = (kHeldLeft + kRunColumns + kRight + kPerLane - 1) / kPerLane;
const int kSrcRows = (kRows - 1) * kStrideH + kKernelH;

layout(buffer_reference, std430, buffer_reference_align = 8) buffer Half {
  uvec2 words;
};
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Word {
  uint word;
};

// Of an input row, from kHeldLeft elements before the runs on.
Lane columns[kColumns];

// The elements that tap k of output lane i falls on.
Lane taps_of(int i, int k) {
#ifdef PACKED
  const int a = 2 * i * kStrideW + k + kHeldLeft - kLeft, b = a + kStrideW;
  const Lane low = columns[a / 2], high = columns[b / 2];
  // As floats, for the compiler to see that lanes are picked and not bits shifted.
  const f16vec2 best = f16vec2(unpackFloat2x16(low.best)[a % 2], unpackFloat2x16(high.best)[b % 2]);
  const uint nan = ((low.nan >> (a % 2 * 16)) & 0xffffu) | ((high.nan >> (b % 2 * 16)) << 16);
  return Lane(packFloat2x16(best), nan);
#else
  return columns[i * kStrideW + k];
#endif
}

// Element x, counted from the runs' begin, of those beside them.
void hold_beside(int x, Stored v, bool here, int position) {
#ifdef PACKED
  const int at = x + kHeldLeft;
  const uint word = here ? uint(v) << (at % 2 * 16) | (0xfc00u << ((at + 1) % 2 * 16)) : kNothing;
  columns[at / 2] = join(columns[at / 2], tap(word, 0));
#else
  columns[x + kHeldLeft] = kStart;
  if (here) columns[x + kHeldLeft] = tap(v, position);
#endif
}

// The run at `from`, of which the first `left` elements lie in the row.
uvec4 load(uint64_t from, int left) {
  uvec4 words = uvec4(kNothing);
  if (kLoadBytes == 16) {
    if (left > 0) words = WideSource(from).words;
  } else if (kLoadBytes == 8) {
    if (left > 0) words.xy = Half(from).words;
    if (left > LANES / 2) words.zw = Half(from + 8).words;
  } else {
    [[unroll]] for (int i = 0; i < 4; ++i)
      if (i * LANES < left * 4) words[i] = Word(from + i * 4).word;
  }
  return words;
}

// The first `left` of the outputs, in the widest stores that their row is aligned to.
void store(uint64_t to, uvec4 words, int left) {
  if (kStoreBytes == 16) {
    WideTarget(to).words = words;
  } else if (kStoreBytes == 8) {
    Half(to).words = words.xy;
    if (left > LANES / 2) Half(to + 8).words = words.zw;
  } else if (kStoreBytes == 4) {
    [[unroll]] for (int i = 0; i < 4; ++i)
      if (i * LANES < left * 4) Word(to + i * 4).word = words[i];
  } else {
    [[unroll]] for (int i = 0; i < LANES; ++i)
      if (i < left) Target(to).element[i] = Element(unpacked(words, i));
  }
}

void main() {
  const Axis d = args.axis_d, h = args.axis_h, w = args.axis_w;
  uint rest = invocation_index();
  const int tile = int(peel(rest, 0)), first_oh = int(peel(rest, 1)) * kRows;
  const int od = int(peel(rest, 2));
  const int64_t plane = rest;
  if (plane >= args.n * args.c) return;

  const int width = int(w.src), first_x = tile * kRunColumns;
  const uint64_t src =
      push.src + uint64_t(plane * d.src * h.src * w.src + first_x) * ELEMENT_BYTES;
  const int start_d = od * int(d.stride) - int(d.pad_begin);
  const int start_h = first_oh * kStrideH - int(h.pad_begin);

  Lane outputs[kRows * kLanes];
  [[unroll]] for (int i = 0; i < kRows * kLanes; ++i) outputs[i] = kStart;
  [[unroll]] for (int a = 0; a < kKernelD; ++a)
    [[unroll]] for (int b = 0; b < kSrcRows; ++b) {
      const int z = start_d + a, y = start_h + b;
      const bool row_inside = inside(z, d.src) && inside(y, h.src);
      const int position = (z * int(h.src) + y) * width;  // of the row's first element
      const uint64_t row = src + uint64_t(int64_t(position)) * ELEMENT_BYTES;
#ifdef PACKED
      [[unroll]] for (int i = 0; i < kColumns; ++i) columns[i] = kStart;
#endif
      [[unroll]] for (int i = 0; i < kLeft + kRight; ++i) {
        const int x = i < kLeft ? i - kLeft : kRunColumns + i - kLeft;
        const bool here = row_inside && inside(first_x + x, width);
        Stored v = 0;
        if (here) v = Stored(Source(row + uint64_t(int64_t(x)) * ELEMENT_BYTES).element[0]);
        hold_beside(x, v, here, position + first_x + x);
      }
      [[unroll]] for (int r = 0; r < kStrideW; ++r) {
        const int x = first_x + r * LANES;
        const int left = !row_inside ? 0 : kClip ? width - x : LANES;
        const uvec4 words = load(row + r * 16, left);
        [[unroll]] for (int i = 0; i < kLanes; ++i)
          columns[kHeldLeft / kPerLane + r * kLanes + i] =
              tap_of(words, i, i < left ? position + x + i : -1);
      }
      [[unroll]] for (int i = 0; i < kLanes; ++i) {
        Lane taps = taps_of(i, 0);
        [[unroll]] for (int k = 1; k < kKernelW; ++k) taps = join(taps, taps_of(i, k));
        [[unroll]] for (int j = 0; j < kRows; ++j)
          if (b >= j * kStrideH && b < j * kStrideH + kKernelH)
            outputs[j * kLanes + i] = join(outputs[j * kLanes + i], taps);
      }
    }

  const bool include_pad = args.reduction == kAvgIncludePad;
  const int count_d = tap_count(d, start_d, kKernelD, 1, include_pad);
  Divisor across[kLanes];
  [[unroll]] for (int i = 0; i < kLanes; ++i) {
    const int start_w = first_x + i * kStrideW - kLeft;
    across[i] =
        divisor_of(kDivisor != 0 ? 1 : tap_count(w, start_w, kKernelW, 1, include_pad));
  }
  [[unroll]] for (int j = 0; j < kRows; ++j) {
    const int oh = first_oh + j, ow = tile * LANES;
    if (oh >= int(h.dst)) return;
    const int count_h = tap_count(h, start_h + j * kStrideH, kKernelH, 1, include_pad);
    const Divisor down = divisor_of(kDivisor != 0 ? kDivisor : count_d * count_h);
    uvec4 words = uvec4(0);
    [[unroll]] for (int i = 0; i < kLanes; ++i)
      put(words, i, outputs[j * kLanes + i], down * across[i]);
    const int64_t at = ((plane * d.dst + od) * h.dst + oh) * w.dst + ow;
    const int left = int(w.dst) - ow;
    store(push.dst + uint64_t(at) * ELEMENT_BYTES, words, left);
#if REDUCTION == MAX_INDEX
    [[unroll]] for (int i = 0; i < LANES; ++i)
      if (i < left)
        Indices(push.indices + uint64_t(at + i) * 8).index = outputs[j * LANES + i].at;
#endif
  }
}
