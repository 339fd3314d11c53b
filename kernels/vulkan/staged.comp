// Windows through shared memory: dense ones of many taps in either layout; channels first also
// windows in tables (adaptive, fractional) and few taps over rows of any length.
//
// A workgroup makes whole planes, or of one plane a band of kRows x kColumns outputs. Channels
// first, it copies the input under them to shared memory as lanes; channels last, rows are read
// where they stand, a word of channels at once. An invocation reduces kAcross windows of a row side
// by side, and after a barrier kDown windows of a column from the rows' results in shared memory.
// Elements of dense windows are held in registers and joined about three times each
// (overlapping.glsl).
//
// Instructions an output, idle invocations included: counted in what Mesa's compiler for RDNA 2
// makes of it (a maximum of integers counts two, since an H200 has half the units for it), and
// those that an H200 can issue while the output's bytes pass at its memory's speed. Copying an
// element takes 7 (f16, bf16) or 9 (f32); 15 or 22 where rows are parts of rows or of even width.
//
//                                        start  copy  rows  columns  all / can issue  of memory
//   max 3x3 s1, 55x55, f16                 1     10     7      19         37 / 28        0.74
//   avg 3x3 s1, 55x55, f16, no padding     2      7     5      29         44 / 28        0.64
//   max 3x3 s2, 55x55, bf16                5     40    21      27         93 / 71        0.77
//   max 13x13 s1, 19x19, f16               2      9     9      20         40 / 28        0.69
//   max 13x13 s1, 19x19, i8                                                              0.50
//   max 13x13 s1, 19x19, f16, nhwc         0      0    25      25         51 / 28        0.55
//   max 13x13 s1, 19x19, i8, nhwc                                                        0.52
//   max 13x13 s1, 248x248 in 50x25, f16    2     39    13      25         79 / 28        0.35
//   avg 13x13, f16 and bf16                                                      0.58 to 0.73
//   avg 13x13, i8 (its division is 20)                                                   0.28
//
// Predicted: bound by issue. One invocation along a whole axis needs no bounds checks and loads
// each element once; without that the first 13x13 falls to 0.44. Words of two elements are stored
// to every other bank, so the first row also takes all the turns of shared memory there are at full
// speed. Channels last, 8 planes fill shared memory: two workgroups of f16 (four of i8) read each
// sector of 32 bytes, through the second-level cache.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/staged_constants.h"
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"
#include "kernels/vulkan/lanes.glsl"

const int kColumnsHeld = (kAcross - 1) * kStrideW + kKernelW;
const int kRowsHeld = (kDown - 1) * kStrideH + kKernelH;
const int kTilesW = (kColumns + kAcross - 1) / kAcross, kTilesH = (kRows + kDown - 1) / kDown;
const int kPerWord = 4 / ELEMENT_BYTES, kWordShift = kPerWord / 2;  // 2 to its power
const int kInFlight = 8;  // loads that do not wait for each other

// Channels last, planes stand side by side: the first channels of all words, then the second ones,
// so that neighbours use different banks. kStep is from a place to the next in a row, kBelow in a
// column.
const int kWords = kPlanes / kChannels;
const int kStep = kLayout == kChannelsLast ? kPlanes : 1, kBelow = kReducedPitch * kStep;

// Each array ends in kStart, which windows read outside the input. Whole words are staged: a row
// has room for a word's elements in front of it and behind. Channels last, nothing is staged.
const int kNothingStaged =
    kLayout == kChannelsLast ? 0 : kPlanes * kSrcRows * kPitch + 2 * (kPerWord - 1);
const int kNothingReduced = kPlanes * kSrcRows * kReducedPitch;
shared Lane staged[kNothingStaged + 1];
shared Lane reduced[kNothingReduced + 1];
shared Divisor row_divisors[kRows];  // a window's share of its divisor

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Word {
  uint word;
};

// Part of an axis.
struct Span {
  int first;
  int places;
};
// The input that `count` outputs from `o` on read.
Span span_under(Axis axis, Table table, uint plane, int o, int count, int kernel, int stride) {
  if (count == int(axis.dst)) return Span(0, int(axis.src));
  const int start = o * stride - int(axis.pad_begin);
  int first = max(start, 0), past = min(start + (count - 1) * stride + kernel, int(axis.src));
  if (kTables) {
    first = int(table_window(table, plane, o).begin);
    past = int(table_window(table, plane, o + count - 1).end);
  }
  return Span(first, past - first);
}

// Copies `rows` rows of `columns` elements, `width` elements from one to the next. The first begins
// at element `from` of the input's `total`, which is `position` in its plane. Loads kInFlight words
// before it uses the first, so that no load waits for another.
void stage_rows(int64_t from, int64_t total, int width, int rows, int columns, int position) {
  const int me = int(gl_LocalInvocationID.x), all = int(gl_WorkGroupSize.x);
  const int skipped = int(from & (kPerWord - 1));  // of the first word
  const uint64_t words = push.src + uint64_t(from - skipped) * ELEMENT_BYTES;
  // Whole words from there to the end of the input, more than which no workgroup reads.
  const int there = int(min((total - from + skipped) >> kWordShift, int64_t(1) << 28));
  const int lines = kJoined ? 1 : rows, length = kJoined ? rows * width : columns;
  const int needed = (skipped + length + kPerWord - 1) >> kWordShift;  // of the first line
  const int line_words = (kSrcColumns + 2 * (kPerWord - 1)) >> kWordShift;  // of any, at most
  const int items = kJoined ? min(needed, there) : lines * line_words;
  for (int i = me; i < items; i += kInFlight * all) {
    uint loaded[kInFlight];
    int at[kInFlight], line[kInFlight];  // the word's first element in its line, and this one
    bool here[kInFlight];
    [[unroll]] for (int j = 0; j < kInFlight; ++j) {
      here[j] = i < items - j * all;
      line[j] = 0;
      at[j] = i * kPerWord - skipped + j * all * kPerWord;
      uint64_t word = words + uint64_t(i) * 4 + j * all * 4;
      if (!kJoined) {
        const uint item = i + j * all;
        line[j] = int(item / line_words);
        const int begin = skipped + line[j] * width;
        const int number = (begin >> kWordShift) + int(item % line_words);
        at[j] = number * kPerWord - begin;
        here[j] = here[j] && at[j] < length && number < there;
        word = words + uint64_t(number) * 4;
      }
      if (here[j]) loaded[j] = Word(word).word;
    }
    [[unroll]] for (int j = 0; j < kInFlight; ++j)
      if (here[j])
        [[unroll]] for (int e = 0; e < kPerWord; ++e)
          staged[kPerWord - 1 + line[j] * kPitch + at[j] + e] =
              tap(unpacked(uvec4(loaded[j], 0, 0, 0), e), position + line[j] * width + at[j] + e);
  }
  // The input's last elements, behind its last whole word.
  const int line = lines - 1, at = there * kPerWord - skipped - line * width + me;
  if (me < kPerWord - 1 && inside(at, length))
    staged[kPerWord - 1 + line * kPitch + at] =
        tap(Stored(Source(push.src + uint64_t(from) * ELEMENT_BYTES).element[line * width + at]),
            position + line * width + at);
}

// Channels last: loads kChannels elements; element e of them.
uint load_channels(uint64_t from) {
  return kChannels > 1 ? Word(from).word : uint(Stored(Source(from).element[0]));
}
Stored channel_of(uint loaded, int e) {
  return kChannels > 1 ? unpacked(uvec4(loaded, 0, 0, 0), e) : Stored(loaded);
}

// Whether held element i, at x + i, is one of the input's `places`. The compiler knows i: a
// comparison is one instruction.
bool row_has(int i, int x, int places) {
  const bool begun = i >= kLeft || (!kWholeW && x >= -i);
  return begun && (i < kRight || (!kWholeW && places - x > i));
}
bool column_has(int i, int y, int places) {
  const bool begun = i >= kTop || (!kWholeH && y >= -i);
  return begun && (i < kBottom || (!kWholeH && places - y > i));
}

void main() {
  const Axis h = args.axis_h, w = args.axis_w;
  const int src_h = int(h.src), src_w = int(w.src), dst_h = int(h.dst), dst_w = int(w.dst);
  const int me = int(gl_LocalInvocationID.x), all = int(gl_WorkGroupSize.x);
  uint rest = group_index();
  const int first_ow = int(peel(rest, push.extents[0])) * kColumns;
  const int first_oh = int(peel(rest, push.extents[1])) * kRows;
  // The workgroup's first plane, and how many there are; channels last they are of one image.
  // Planes and, channels last, images have less than 2^31 elements.
  const int src_plane = src_h * src_w, dst_plane = dst_h * dst_w, channels = int(args.c);
  const uint all_planes = uint(args.n) * uint(channels);
  uint first = rest * kPlanes, left = all_planes - first;
  bool idle = rest >= (all_planes + kPlanes - 1) / kPlanes;
  int64_t src = int64_t(first) * src_plane, dst = int64_t(first) * dst_plane;
  int step = 1;
  if (kLayout == kChannelsLast) {
    const uint runs = (channels + kPlanes - 1) / kPlanes, image = rest / runs;
    const uint channel = rest % runs * kPlanes;
    left = channels - channel;
    idle = image >= uint(args.n);
    src = int64_t(image) * (src_plane * channels) + channel;
    dst = int64_t(image) * (dst_plane * channels) + channel;
    step = channels;
  }
  if (idle) return;  // the whole workgroup
  const int planes = int(min(left, uint(kPlanes)));

  const int rows = min(kRows, dst_h - first_oh), columns = min(kColumns, dst_w - first_ow);
  const Span held_h = span_under(h, tables.table_h, first, first_oh, rows, kKernelH, kStrideH);
  const Span held_w = span_under(w, tables.table_w, first, first_ow, columns, kKernelW, kStrideW);
  const int position = held_h.first * src_w + held_w.first;
  src += position * step;
  if (kLayout == kChannelsFirst)
    stage_rows(src, int64_t(all_planes) * src_plane, src_w, planes * held_h.places, held_w.places,
               position);
  if (me == 0) staged[kNothingStaged] = reduced[kNothingReduced] = kStart;
  const bool include_pad = args.reduction == kAvgIncludePad;
  if (kDivisor == 0 && !kTables)
    for (int i = me; i < kRows; i += all) {
      const int start_h = (first_oh + i) * kStrideH - int(h.pad_begin);
      row_divisors[i] = divisor_of(tap_count(h, start_h, kKernelH, 1, include_pad));
    }
  barrier();

  // Windows of rows: channels first of staged rows, plane after plane; channels last of rows in
  // memory. Neighbours take rows below each other, which begin in different banks (the pitch is
  // odd), or channels last neighbouring words.
  const int lines = kLayout == kChannelsLast ? held_h.places : planes * held_h.places;
  for (uint item = me; item < kTilesW * kSrcRows * kWords; item += all) {
    const uint line = item % (kSrcRows * kWords);
    const int first_column = int(item / (kSrcRows * kWords)) * kAcross;
    const int y = int(kLayout == kChannelsLast ? line / kWords : line);
    const int word = int(kLayout == kChannelsLast ? line % kWords : 0);
    if (first_column >= columns || word * kChannels >= planes || y >= lines) continue;
    const int x = (first_ow + first_column) * kStrideW - int(w.pad_begin) - held_w.first;
    const int row = kPerWord - 1 + y * kPitch;
    uint loaded[kColumnsHeld];
    if (kLayout == kChannelsLast) {
      const uint64_t from =
          push.src + uint64_t(src + y * src_w * step + word * kChannels) * ELEMENT_BYTES;
      [[unroll]] for (int i = 0; i < kColumnsHeld; ++i) {
        const int at = row_has(i, x, held_w.places) ? (x + i) * step : 0;
        loaded[i] = load_channels(from + uint64_t(uint(at)) * ELEMENT_BYTES);
      }
    }
    [[unroll]] for (int e = 0; e < kChannels; ++e) {
      Lane held[kColumnsHeld], outputs[kAcross];
      if (kTables) {
        const Window window =
            table_window(tables.table_w, first + y / kSrcRows, first_ow + first_column);
        held[0] = kStart;
        for (int i = int(window.begin); i < int(window.end); ++i)
          held[0] = join(held[0], staged[row + i - held_w.first]);
      } else {
        [[unroll]] for (int i = 0; i < kColumnsHeld; ++i) {
          const bool here = row_has(i, x, held_w.places);
          if (kLayout == kChannelsFirst)
            held[i] = staged[(here ? row + x : kNothingStaged - i) + i];
          else if (here)
            held[i] = tap(channel_of(loaded[i], e), position + y * src_w + x + i);
          else
            held[i] = kStart;
        }
      }
#define HELD kColumnsHeld
#define KERNEL kKernelW
#define STRIDE kStrideW
#define OUTPUTS kAcross
#include "kernels/vulkan/overlapping.glsl"
      const int to = (y * kReducedPitch + first_column) * kStep + word + e * kWords;
      [[unroll]] for (int i = 0; i < kAcross; ++i) reduced[to + i * kStep] = outputs[i];
    }
  }
  barrier();

  // Windows of columns, from the rows' results. Neighbours store side by side.
  const uint64_t row_bytes = uint64_t(uint(dst_w * step)) * ELEMENT_BYTES;
  for (uint item = me; item < kTilesH * kColumns * kWords; item += all) {
    const int first_row = int(item / (kColumns * kWords)) * kDown;
    const uint across = item % (kColumns * kWords);
    int column, plane, word = 0;
    if (kLayout == kChannelsLast) {
      column = int(across / kWords);
      word = int(across % kWords);
      plane = word * kChannels;
    } else {
      plane = kPlanes == 1 ? 0 : int(across / kColumns);
      column = int(across) - plane * kColumns;
    }
    if (first_row >= rows || column >= columns || plane >= planes) continue;
    const int ow = first_ow + column, oh = first_oh + first_row;
    const int top =
        column * kStep + (kLayout == kChannelsLast ? word : plane * kSrcRows * kReducedPitch);
    const int y = oh * kStrideH - int(h.pad_begin) - held_h.first;
    const int64_t to = kLayout == kChannelsLast ? dst + (oh * dst_w + ow) * step + plane
                                                : dst + plane * dst_plane + oh * dst_w + ow;
    uint made[kDown];  // kChannels elements each
    [[unroll]] for (int e = 0; e < kChannels; ++e) {
      Lane held[kRowsHeld], outputs[kDown];
      Divisor by = divisor_of(kDivisor);
      if (kTables) {
        const Window window = table_window(tables.table_h, first + plane, oh);
        held[0] = kStart;
        for (int i = int(window.begin); i < int(window.end); ++i)
          held[0] = join(held[0], reduced[top + (i - held_h.first) * kBelow]);
        if (kDivisor == 0)
          by = divisor_of(
              int(window.count * table_window(tables.table_w, first + plane, ow).count));
      } else {
        [[unroll]] for (int i = 0; i < kRowsHeld; ++i) {
          const bool here = column_has(i, y, held_h.places);
          const int place = i * kBelow + e * kWords;
          held[i] = reduced[(here ? top + y * kBelow : kNothingReduced - place) + place];
        }
        if (kDivisor == 0)
          by = divisor_of(
              tap_count(w, ow * kStrideW - int(w.pad_begin), kKernelW, 1, include_pad));
      }
#define HELD kRowsHeld
#define KERNEL kKernelH
#define STRIDE kStrideH
#define OUTPUTS kDown
#include "kernels/vulkan/overlapping.glsl"
      [[unroll]] for (int i = 0; i < kDown; ++i) {
        Divisor down = divisor_of(1);
        if (kDivisor == 0 && !kTables) down = row_divisors[min(first_row + i, kRows - 1)];
        const uint one = uint(result(outputs[i], product(by, down)));
        if (kChannels == 1)
          made[i] = one;
        else
          made[i] = (e == 0 ? 0 : made[i]) |
                    bitfieldExtract(one, 0, 8 * ELEMENT_BYTES) << 8 * ELEMENT_BYTES * e;
#if REDUCTION == MAX_INDEX
        // Channels first, positions count from the workgroup's first plane.
        if (i < kSure || first_row + i < rows)
          Indices(push.indices + uint64_t(to + e + i * dst_w * step) * 8).index =
              position_of(outputs[i].at) - (kLayout == kChannelsLast ? 0 : plane * src_plane);
#endif
      }
    }
    uint64_t target = push.dst + uint64_t(to) * ELEMENT_BYTES;
    [[unroll]] for (int i = 0; i < kDown; ++i) {
      if (i < kSure || first_row + i < rows) {
        if (kChannels > 1)
          Word(target).word = made[i];
        else
          Target(target).element[0] = Element(made[i]);
      }
      target += row_bytes;
    }
  }
}
