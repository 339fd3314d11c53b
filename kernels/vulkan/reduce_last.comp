// Whole planes, channels last: a team of kTeam invocations reduces the planes of CHANNELS
// neighbouring channels, 16 bytes of them where channels come in whole runs. kSide teams stand side
// by side in a workgroup, so that neighbouring invocations read neighbours in memory; a team's
// members take every kTeam-th place of the plane.
//
// Instructions an element of f16: average 9, maximum 7; an H200 can issue 14 while its 2 bytes
// pass. Predicted: bandwidth-bound; small planes are bound by what a team costs to join.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/reduce_constants.h"
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"
#define TEAM_OPS CHANNELS
#include "kernels/vulkan/team.glsl"

#if CHANNELS > 1
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

void main() {
  const uint side = gl_LocalInvocationID.x % kSide, member = gl_LocalInvocationID.x / kSide;
  const int64_t size = args.axis_d.src * args.axis_h.src * args.axis_w.src;
  const int64_t columns = args.c / CHANNELS;  // of channels; a workgroup stays in one image
  const int part = int(group_index() % kParts);
  int64_t begin, end;
  part_of(size, part, kParts, begin, end);
  int64_t column = group_index() / kParts;
  const int64_t image = divide(column, (columns + kSide - 1) / kSide);
  column = column * kSide + side;
  const bool real_work = image < args.n && column < columns;

  Op op[CHANNELS];
  [[unroll]] for (int c = 0; c < CHANNELS; ++c) op[c] = op_start();
  if (real_work) {
    const uint64_t first =
        push.src + uint64_t(image * size * args.c + column * CHANNELS) * ELEMENT_BYTES;
    for (int64_t i = begin + member; i < end; i += kInFlight * kTeam)
      [[unroll]] for (int j = 0; j < kInFlight; ++j) {
        const int64_t at = i + j * kTeam;
        if (at >= end) continue;
        const uint64_t address = first + uint64_t(at * args.c) * ELEMENT_BYTES;
#if CHANNELS > 1
        const uvec4 words = WideSource(address).words;
        [[unroll]] for (int c = 0; c < CHANNELS; ++c) op_add(op[c], unpacked(words, c), at);
#else
        op_add(op[0], Stored(Source(address).element[0]), at);
#endif
      }
  }
  join_team(op, side * kTeam, member, kTeam);
  if (member != 0 || !real_work) return;
  const int64_t to = image * args.c + column * CHANNELS;
  if (kParts > 1) {
    [[unroll]] for (int c = 0; c < CHANNELS; ++c) partials(part, to + c).op = op[c];
    return;
  }
#if CHANNELS > 1
  uvec4 words = uvec4(0);
  [[unroll]] for (int c = 0; c < CHANNELS; ++c) pack(words, c, op_value(op[c], size));
  WideTarget(push.dst + uint64_t(to) * ELEMENT_BYTES).words = words;
#else
  Target(push.dst + uint64_t(to) * ELEMENT_BYTES).element[0] = Element(op_value(op[0], size));
#endif
#if REDUCTION == MAX_INDEX
  [[unroll]] for (int c = 0; c < CHANNELS; ++c)
    Indices(push.indices + uint64_t(to + c) * 8).index = position_of(op[c].at);
#endif
}
