// An invocation makes kRows outputs below each other, of one channel (LANES 1) or of 16 bytes of
// neighbouring channels (channels last). It walks the input rows they need from top to bottom,
// reduces each row's taps once, and gives the result to every output whose window holds the row.
// Neighbouring invocations are neighbours in memory: along w, or along c. Bound by memory where
// windows do not overlap, else by load instructions: kernel w a row and stride h rows an output.
//
// Sums are plain: a row's taps, then the rows. Their error stays inside the bound while kernel w
// and the rows of a window are 64 together, which the host sees to.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"

// Number 1 is kNorm.
layout(constant_id = 2) const int kLayout = kChannelsFirst;
layout(constant_id = 3) const int kRows = 1;
layout(constant_id = 4) const bool kClip = true;  // whether a window may leave the row
// Kernel and stride, 0 for those to be read at run time. Fixed ones are dense.
layout(constant_id = 5) const int kKernelD = 0;
layout(constant_id = 6) const int kKernelH = 0;
layout(constant_id = 7) const int kKernelW = 0;
layout(constant_id = 8) const int kStrideH = 0;
layout(constant_id = 9) const int kStrideW = 0;

#if LANES > 1
layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer WideSource {
  uvec4 words;
};
layout(buffer_reference, std430, buffer_reference_align = 16) writeonly buffer WideTarget {
  uvec4 words;
};
#endif
layout(buffer_reference, scalar, buffer_reference_align = 8) writeonly buffer Indices {
  int64_t index;
};

// ---- What a lane accumulates; join() takes in what stands behind ----

#if REDUCTION == MAX
#define Lane Key
const Lane kStart = kLowest;
Lane tap(Stored v, int) { return key(v); }
Lane join(Lane a, Lane b) { return max(a, b); }
Stored result(Lane a, int) { return stored_key(a); }
#elif REDUCTION == MAX_INDEX
struct Lane {
  Key best;
  int at;
};
const Lane kStart = Lane(kLowest, -1);
Lane tap(Stored v, int position) { return Lane(key(v), position); }
Lane join(Lane a, Lane b) {
  return b.at >= 0 && (a.at < 0 || b.best > a.best || is_nan_key(b.best)) ? b : a;
}
Stored result(Lane a, int) { return stored_key(a.best); }
#elif NEEDS_REAL
#define Lane Real
const Lane kStart = Real(0);
Lane join(Lane a, Lane b) { return a + b; }
#if REDUCTION == AVERAGE
Lane tap(Stored v, int) { return real(v); }
Stored result(Lane a, int divisor) { return stored_real(divisor == 0 ? a : a / Real(divisor)); }
#else
Lane tap(Stored v, int) { return abs_power(abs(real(v))); }
Stored result(Lane a, int count) {
  return norm_of(args.norm_mean != 0 && count > 0 ? a / Real(count) : a);
}
#endif
#else
#define Lane int
const Lane kStart = 0;
Lane tap(Stored v, int) { return v; }
Lane join(Lane a, Lane b) { return a + b; }
Stored result(Lane a, int divisor) {  // to the nearest integer, ties to even
  if (divisor == 0) return 0;
  const uint sum = abs(a), by = abs(divisor);
  uint quotient = sum / by;
  const uint rest = sum - quotient * by, other = by - rest;
  if (rest > other || (rest == other && (quotient & 1) != 0)) quotient += 1;
  return clamp((a < 0) != (divisor < 0) ? -int(quotient) : int(quotient), kLow, kHigh);
}
#endif

struct Lanes {
  Lane lane[LANES];
};

// `at` counts elements from the start of the image or plane that `base` addresses.
Lanes load(uint64_t base, int at, int position) {
  Lanes lanes;
#if LANES == 1
  lanes.lane[0] = tap(Stored(Source(base).element[at]), position);
#else
  const uvec4 words = WideSource(base + uint64_t(at) * ELEMENT_BYTES).words;
  [[unroll]] for (int i = 0; i < LANES; ++i) lanes.lane[i] = tap(unpacked(words, i), position);
#endif
  return lanes;
}

void store(uint64_t base, int at, Lanes lanes, int count) {
#if LANES == 1
  Target(base).element[at] = Element(result(lanes.lane[0], count));
#else
  uvec4 words = uvec4(0);
  [[unroll]] for (int i = 0; i < LANES; ++i) pack(words, i, result(lanes.lane[i], count));
  WideTarget(base + uint64_t(at) * ELEMENT_BYTES).words = words;
#endif
}

int pick(int constant, int64_t run_time) { return constant != 0 ? constant : int(run_time); }
bool inside(int x, int64_t extent) { return uint(x) < uint(extent); }

// The taps from `start` on that count: inside the input, or with `include_pad` also the padding.
int tap_count(Axis axis, int start, bool include_pad) {
  const int src = int(axis.src), step = int(axis.dilation);
  const int past = start + (int(axis.kernel) - 1) * step + 1;
  if (include_pad) return (min(past, src + int(axis.pad_end)) - start + step - 1) / step;
  const int begin = start >= 0 ? start : start + (step - 1 - start) / step * step;
  return max(0, (min(past, src) - begin + step - 1) / step);
}

void main() {
  const Axis d = args.axis_d, h = args.axis_h, w = args.axis_w;
  const int channels = kLayout == kChannelsLast ? int(args.c) : 1;
  const bool dense = kKernelW != 0;
  const int kernel_d = pick(kKernelD, d.kernel), kernel_h = pick(kKernelH, h.kernel);
  const int kernel_w = pick(kKernelW, w.kernel);
  const int stride_h = pick(kStrideH, h.stride), stride_w = pick(kStrideW, w.stride);
  // Rows are shared by outputs where they are dense; others are made one at a time.
  const int step_d = dense ? 1 : int(d.dilation), step_h = dense ? 1 : int(h.dilation);
  const int step_w = dense ? 1 : int(w.dilation);

  uint rest = group_index() * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
  const int vectors = channels / LANES;
  const int channel = kLayout == kChannelsLast ? int(rest % vectors) * LANES : 0;
  if (kLayout == kChannelsLast) rest /= vectors;
  const int ow = int(rest % uint(w.dst));
  rest /= uint(w.dst);
  const uint strips = uint(h.dst + kRows - 1) / kRows;
  const int first_oh = int(rest % strips) * kRows;
  rest /= strips;
  const int od = int(rest % uint(d.dst));
  const int64_t outer = rest / uint(d.dst);  // the plane, or channels last the image
  if (outer >= (kLayout == kChannelsLast ? args.n : args.n * args.c)) return;

  const int row_length = int(w.src) * channels;
  const uint64_t src = push.src + uint64_t(outer * d.src * h.src * row_length) * ELEMENT_BYTES;
  const int start_d = od * int(d.stride) - int(d.pad_begin);
  const int start_h = first_oh * stride_h - int(h.pad_begin);
  const int start_w = ow * stride_w - int(w.pad_begin);

  Lanes outputs[kRows];
  [[unroll]] for (int j = 0; j < kRows; ++j)
    [[unroll]] for (int i = 0; i < LANES; ++i) outputs[j].lane[i] = kStart;
  for (int a = 0; a < kernel_d; ++a) {
    const int z = start_d + a * step_d;
    if (!inside(z, d.src)) continue;
    for (int b = 0; b < (kRows - 1) * stride_h + kernel_h; ++b) {
      const int y = start_h + b * step_h;
      if (!inside(y, h.src)) continue;
      Lanes row;
      [[unroll]] for (int i = 0; i < LANES; ++i) row.lane[i] = kStart;
      const int line = z * int(h.src) + y;
      for (int k = 0; k < kernel_w; ++k) {
        const int x = start_w + k * step_w;
        if (kClip && !inside(x, w.src)) continue;
        const Lanes taps =
            load(src, line * row_length + x * channels + channel, line * int(w.src) + x);
        [[unroll]] for (int i = 0; i < LANES; ++i) row.lane[i] = join(row.lane[i], taps.lane[i]);
      }
      [[unroll]] for (int j = 0; j < kRows; ++j)
        if (b >= j * stride_h && b < j * stride_h + kernel_h)
          [[unroll]] for (int i = 0; i < LANES; ++i)
            outputs[j].lane[i] = join(outputs[j].lane[i], row.lane[i]);
    }
  }

  const int64_t dst_image = outer * d.dst * h.dst * w.dst * channels;
  const bool include_pad = args.reduction == kAvgIncludePad;
  const int count_dw = tap_count(d, start_d, include_pad) * tap_count(w, start_w, include_pad);
  [[unroll]] for (int j = 0; j < kRows; ++j) {
    const int oh = first_oh + j;
    if (oh >= int(h.dst)) return;
    const int at = ((od * int(h.dst) + oh) * int(w.dst) + ow) * channels + channel;
    int count = count_dw * tap_count(h, start_h + j * stride_h, include_pad);
#if REDUCTION == AVERAGE
    if (args.divisor != 0) count = int(args.divisor);
#endif
    store(push.dst + uint64_t(dst_image) * ELEMENT_BYTES, at, outputs[j], count);
#if REDUCTION == MAX_INDEX
    [[unroll]] for (int i = 0; i < LANES; ++i)
      Indices(push.indices + uint64_t(dst_image + at + i) * 8).index = outputs[j].lane[i].at;
#endif
  }
}
