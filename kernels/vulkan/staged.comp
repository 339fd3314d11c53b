// Windows over small planes, of any width: dense ones of many taps in either layout, and channels
// first those that stand in tables (adaptive, fractional). A workgroup copies kPlanes whole planes
// to shared memory, as lanes, in the order they have in memory; an invocation then reduces kAcross
// windows of a row side by side, and after a barrier kDown windows of a column, from the rows'
// results. It holds the elements of dense windows in registers and joins them by doubling, pairs,
// then fours, then eights: a window of k taps costs about 2 + log2 k joins an axis, not k, and a
// load from shared memory each k / outputs + 1.
//
// Counted for one output of 13x13, stride 1, 13x13 outputs, 7 an invocation, f16 and maximum: 1
// element read from memory (8 instructions with its key), 2 x 2.7 loads from shared memory (3 each
// with their bounds), 2 x 9 joins (2 each), 1 + 1 stores: about 70, beside 28 that an H200 can
// issue while 4 bytes pass, 55 in f32. Predicted to be bound by issue at any window, three times as
// fast as `sliding` at 5x5 and ten times at 13x13. Adaptive windows of many taps: 12 instructions
// an element of 14 in f16, near to both bounds.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"
#include "kernels/vulkan/lanes.glsl"

// Number 1 is kNorm.
layout(constant_id = 2) const int kLayout = kChannelsFirst;
layout(constant_id = 3) const int kPlanes = 1;  // of one image, channels last
layout(constant_id = 4) const int kStaged = 1;  // elements of a workgroup's planes
layout(constant_id = 5) const int kReduced = 1;  // windows of a workgroup's rows
layout(constant_id = 6) const int kKernelH = 1;
layout(constant_id = 7) const int kKernelW = 1;
layout(constant_id = 8) const int kStrideH = 1;
layout(constant_id = 9) const int kStrideW = 1;
layout(constant_id = 10) const int kDown = 1;
layout(constant_id = 11) const int kAcross = 1;
layout(constant_id = 12) const int kDivisor = 0;  // of all windows; 0: they differ

layout(constant_id = 13) const bool kTables = false;  // then kernels and strides are 1

const int kColumnsHeld = (kAcross - 1) * kStrideW + kKernelW;
const int kRowsHeld = (kDown - 1) * kStrideH + kKernelH;
const int kInFlight = 4;  // loads that do not wait for each other

shared Lane staged[kStaged + kStaged / 32];
shared Lane reduced[kReduced];

layout(buffer_reference, scalar, buffer_reference_align = 8) readonly buffer Windows {
  Window window;
};

// Where element `at` of plane `plane` of the workgroup stands, of planes of `size`.
int place(int plane, int at, int size) {
  return kLayout == kChannelsLast ? at * kPlanes + plane : plane * size + at;
}
// One slot in 32 is left out: the lanes of a 16-byte run, written one after the other by each
// invocation, would otherwise meet in the same few banks.
int slot(int place) { return place + (place >> 5); }

// Copies `elements` that stand one after the other.
void stage_run(uint64_t from, int elements) {
  const int me = int(gl_LocalInvocationID.x), all = int(gl_WorkGroupSize.x);
  const int head = min(int(uint(-int64_t(from)) % 16) / ELEMENT_BYTES, elements);
  const int runs = (elements - head) / LANES, single = elements - runs * LANES;
  for (int i = me; i < single; i += all) {
    const int at = i < head ? i : i + runs * LANES;
    staged[slot(at)] = tap(Stored(Source(from).element[at]), at);
  }
  from += head * ELEMENT_BYTES;
  for (int i = me; i < runs; i += kInFlight * all)
    [[unroll]] for (int j = 0; j < kInFlight; ++j) {
      const int run = i + j * all;
      if (run >= runs) continue;
      const uvec4 words = WideSource(from + run * 16).words;
      [[unroll]] for (int lane = 0; lane < LANES; ++lane) {
        const int at = head + run * LANES + lane;
        staged[slot(at)] = tap(unpacked(words, lane), at);
      }
    }
}

// Copies kStaged elements of `planes` neighbouring channels.
void stage_channels(uint64_t from, int planes) {
  const int me = int(gl_LocalInvocationID.x), all = int(gl_WorkGroupSize.x);
  for (int i = me; i < kStaged; i += kInFlight * all)
    [[unroll]] for (int j = 0; j < kInFlight; ++j) {
      const int to = i + j * all, plane = to % kPlanes, at = to / kPlanes;
      if (to >= kStaged || plane >= planes) continue;
      const uint64_t element = from + uint64_t(at * args.c + plane) * ELEMENT_BYTES;
      staged[slot(to)] = tap(Stored(Source(element).element[0]), at);
    }
}

Window table_window(Axis axis, int64_t plane, int o) {
  return Windows(axis.windows + uint64_t(plane * axis.plane_stride + o) * 24).window;
}

void main() {
  const Axis h = args.axis_h, w = args.axis_w;
  const int src_h = int(h.src), src_w = int(w.src), dst_h = int(h.dst), dst_w = int(w.dst);
  const int me = int(gl_LocalInvocationID.x), all = int(gl_WorkGroupSize.x);
  // The workgroup's first plane, and how many there are; channels last they are of one image.
  int64_t first = int64_t(group_index()) * kPlanes, left = args.n * args.c - first;
  int64_t src = first * src_h * src_w, dst = first * dst_h * dst_w, step = 1;
  if (kLayout == kChannelsLast) {
    int64_t channel = group_index();
    const int64_t image = divide(channel, (args.c + kPlanes - 1) / kPlanes);
    channel *= kPlanes;
    left = image < args.n ? args.c - channel : 0;
    src = image * args.c * src_h * src_w + channel;
    dst = image * args.c * dst_h * dst_w + channel;
    step = args.c;
  }
  const int planes = int(min(left, int64_t(kPlanes)));
  if (planes <= 0) return;  // all of a workgroup return

  if (kLayout == kChannelsLast)
    stage_channels(push.src + uint64_t(src) * ELEMENT_BYTES, planes);
  else
    stage_run(push.src + uint64_t(src) * ELEMENT_BYTES, planes * src_h * src_w);
  barrier();

  // Neighbours take neighbouring columns, or channels last neighbouring planes.
  const int tiles_w = int(push.extents[0].by), tiles_h = int(push.extents[3].by);
  for (int item = me; item < kPlanes * src_h * tiles_w; item += all) {
    uint rest = kLayout == kChannelsLast ? item / kPlanes : item;
    const int ow = int(peel(rest, 0)) * kAcross, y = int(peel(rest, 1));
    const int plane = kLayout == kChannelsLast ? item % kPlanes : int(rest);
    if (plane >= planes) continue;
    Lane held[kColumnsHeld], outputs[kAcross];
    [[unroll]] for (int i = 0; i < kColumnsHeld; ++i) {
      const int x = ow * kStrideW - int(w.pad_begin) + i;
      held[i] = kStart;
      if (!kTables && inside(x, src_w))
        held[i] = staged[slot(place(plane, y * src_w + x, src_h * src_w))];
    }
    if (kTables) {
      const Window window = table_window(w, first + plane, ow);
      for (int x = int(window.begin); x < int(window.end); ++x)
        held[0] = join(held[0], staged[slot(place(plane, y * src_w + x, src_h * src_w))]);
    }
#define HELD kColumnsHeld
#define KERNEL kKernelW
#define STRIDE kStrideW
#define OUTPUTS kAcross
#include "kernels/vulkan/doubling.glsl"
    [[unroll]] for (int i = 0; i < kAcross; ++i)
      if (ow + i < dst_w) reduced[place(plane, y * dst_w + ow + i, src_h * dst_w)] = outputs[i];
  }
  barrier();

  const bool include_pad = args.reduction == kAvgIncludePad;
  for (int item = me; item < kPlanes * dst_w * tiles_h; item += all) {
    uint rest = kLayout == kChannelsLast ? item / kPlanes : item;
    const int ow = int(peel(rest, 2)), first_oh = int(peel(rest, 3)) * kDown;
    const int plane = kLayout == kChannelsLast ? item % kPlanes : int(rest);
    if (plane >= planes) continue;
    Lane held[kRowsHeld], outputs[kDown];
    [[unroll]] for (int i = 0; i < kRowsHeld; ++i) {
      const int y = first_oh * kStrideH - int(h.pad_begin) + i;
      held[i] = kStart;
      if (!kTables && inside(y, src_h))
        held[i] = reduced[place(plane, y * dst_w + ow, src_h * dst_w)];
    }
    int table_count = 1;
    if (kTables) {
      const Window window = table_window(h, first + plane, first_oh);
      for (int y = int(window.begin); y < int(window.end); ++y)
        held[0] = join(held[0], reduced[place(plane, y * dst_w + ow, src_h * dst_w)]);
      table_count = int(window.count * table_window(w, first + plane, ow).count);
    }
#define HELD kRowsHeld
#define KERNEL kKernelH
#define STRIDE kStrideH
#define OUTPUTS kDown
#include "kernels/vulkan/doubling.glsl"
    const int count_w =
        tap_count(w, ow * kStrideW - int(w.pad_begin), kKernelW, 1, include_pad);
    [[unroll]] for (int i = 0; i < kDown; ++i) {
      const int oh = first_oh + i;
      if (oh >= dst_h) continue;
      int divisor = kDivisor != 0 ? kDivisor : table_count;
      if (kDivisor == 0 && !kTables)
        divisor = count_w *
                  tap_count(h, oh * kStrideH - int(h.pad_begin), kKernelH, 1, include_pad);
      const int64_t at = kLayout == kChannelsLast
                             ? dst + (oh * dst_w + ow) * step + plane
                             : dst + (plane * dst_h + oh) * dst_w + ow;
      Target(push.dst + uint64_t(at) * ELEMENT_BYTES).element[0] =
          Element(result(outputs[i], divisor));
#if REDUCTION == MAX_INDEX
      // Channels first, positions count from the workgroup's first plane.
      Indices(push.indices + uint64_t(at) * 8).index =
          outputs[i].at - (kLayout == kChannelsLast ? 0 : plane * src_h * src_w);
#endif
    }
  }
}
