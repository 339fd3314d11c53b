// Channels first; dense windows known to the compiler; rows of whole words.
//
// An invocation makes 16 bytes of outputs side by side (LANES) in kRows rows. It walks the input
// rows under them. Of each it loads kStrideW runs of 16 bytes, as wide as rows are aligned, and one
// by one the few elements left and right of the runs. It reduces the row to LANES results in
// registers and joins them into every output row whose window holds the row. Neighbouring
// invocations are neighbours along w: a sub-group accesses whole lines.
//
// Instructions an output: counted in what Mesa's compiler for RDNA 2 makes of it (a maximum of
// integers or of a packed word counts two, since an H200 has half the units for it), and those that
// an H200 can issue while the output's bytes pass at its memory's speed. f16 maxima are packed.
//
//   counted / can issue                     f32       f16      bf16      i8
//   max 3x3 s2, 2 rows                   73 / 138   61 / 69   64 / 69   34 / 35
//   max 3x3 s1, 4 rows                   45 / 55    37 / 28   37 / 28      -
//   avg 3x3 s1, 4 rows, no padding       40 / 55    28 / 28   34 / 28      -    + 9: corrected()
//   max 2x2 s2, 1 row                    63 / 138   42 / 69   51 / 69   24 / 35
//
// Predicted: bandwidth-bound, except stride 1 in 2 bytes and less, bound by issue (0.74 of the
// memory's speed and more). Rows aligned to 4 bytes are bound by the first-level cache (about 0.8):
// an access of a sub-group then takes eight of its lines. Rejected: rounding to f16 in software,
// with a reciprocal for each output (50 instructions for 28).
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/strip_constants.h"
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"
#include "kernels/vulkan/lanes.glsl"

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

// Lanes of an input row, from kHeldLeft elements before the runs on.
Lane columns[kColumns];

// What tap k of output lane i reads.
Lane taps_of(int i, int k) {
#ifdef PACKED
  const int a = 2 * i * kStrideW + k + kHeldLeft - kLeft, b = a + kStrideW;
  const Lane low = columns[a / 2], high = columns[b / 2];
  // As floats: the compiler then picks halves of words instead of shifting bits.
  const f16vec2 best = f16vec2(unpackFloat2x16(low.best)[a % 2], unpackFloat2x16(high.best)[b % 2]);
  const uint nan = ((low.nan >> (a % 2 * 16)) & 0xffffu) | ((high.nan >> (b % 2 * 16)) << 16);
  return Lane(packFloat2x16(best), nan);
#else
  return columns[i * kStrideW + k];
#endif
}

// Puts element x beside the runs into its column; x counts from the runs' begin.
void hold_beside(int x, Stored v, bool here, int position) {
#ifdef PACKED
  const int at = x + kHeldLeft;
  const uint beside = (kNothing & 0xffffu) << ((at + 1) % 2 * 16);
  const uint word = here ? uint(v) << (at % 2 * 16) | beside : kNothing;
  columns[at / 2] = join(columns[at / 2], tap(word, 0));
#else
  columns[x + kHeldLeft] = kStart;
  if (here) columns[x + kHeldLeft] = tap(v, position);
#endif
}

// Loads the run at `from`, whose first `left` elements lie in the row.
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

// Stores the first `left` outputs, as wide as their row is aligned.
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
  const int tile = int(peel(rest, push.extents[0]));
  const int first_oh = int(peel(rest, push.extents[1])) * kRows;
  const int od = int(peel(rest, push.extents[2]));
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
      put(words, i, outputs[j * kLanes + i], product(down, across[i]));
    const int64_t at = ((plane * d.dst + od) * h.dst + oh) * w.dst + ow;
    const int left = int(w.dst) - ow;
    store(push.dst + uint64_t(at) * ELEMENT_BYTES, words, left);
#if REDUCTION == MAX_INDEX
    [[unroll]] for (int i = 0; i < LANES; ++i)
      if (i < left)
        Indices(push.indices + uint64_t(at + i) * 8).index = position_of(outputs[j * LANES + i].at);
#endif
  }
}
