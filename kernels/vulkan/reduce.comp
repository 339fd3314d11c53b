// Whole planes, channels first: a team of kTeam invocations reduces one (n, c) plane. Planes begin
// anywhere, so each member takes every kTeam-th aligned run of 16 bytes (LANES elements) and its
// share of the few elements before the first run and behind the last. Neighbours read neighbouring
// runs.
//
// Instructions an element of f16: average 4 (its run is summed plainly, then joins a compensated
// sum), maximum 7; an H200 can issue 14 while its 2 bytes pass. Predicted: bandwidth-bound from
// planes of some hundred bytes on; below, bound by what a team costs to start and to join.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/reduce_constants.h"
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"
#define TEAM_OPS 1
#include "kernels/vulkan/team.glsl"

layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer WideSource {
  uvec4 words;
};
layout(buffer_reference, scalar, buffer_reference_align = 8) writeonly buffer Indices {
  int64_t index;
};

void add_run(inout Op op, uvec4 words, int64_t position) {
#if REDUCTION == AVERAGE && IS_FLOAT
  Real sum = real(unpacked(words, 0));
  [[unroll]] for (int i = 1; i < LANES; ++i) sum += real(unpacked(words, i));
  add(op.sum, sum);
#else
  [[unroll]] for (int i = 0; i < LANES; ++i) op_add(op, unpacked(words, i), position + i);
#endif
}

void main() {
  const uint teams = gl_WorkGroupSize.x / kTeam;  // in a workgroup
  const uint me = gl_LocalInvocationID.x, team = me / kTeam, member = me % kTeam;
  const int64_t size = args.axis_d.src * args.axis_h.src * args.axis_w.src;
  const int part = int(group_index() % kParts);
  const int64_t first = int64_t(group_index() / kParts) * teams;
  const int64_t planes = args.n * args.c - first;
  int64_t begin, end;
  part_of(size, part, kParts, begin, end);

  Op op[TEAM_OPS];
  op[0] = op_start();
  if (team < planes) {
    const uint64_t plane = push.src + uint64_t((first + team) * size) * ELEMENT_BYTES;
    const uint64_t from = plane + uint64_t(begin) * ELEMENT_BYTES;
    const int gap = int(uint(-int64_t(from)) % 16) / ELEMENT_BYTES;
    const int64_t aligned = min(begin + gap, end), runs = (end - aligned) / LANES;
    for (int64_t i = begin + member; i < aligned; i += kTeam)
      op_add(op[0], Stored(Source(plane + uint64_t(i) * ELEMENT_BYTES).element[0]), i);
    const uint64_t wide = plane + uint64_t(aligned) * ELEMENT_BYTES;
    for (int64_t i = member; i < runs; i += kInFlight * kTeam)
      [[unroll]] for (int j = 0; j < kInFlight; ++j) {
        const int64_t run = i + j * kTeam;
        if (run < runs)
          add_run(op[0], WideSource(wide + uint64_t(run) * 16).words, aligned + run * LANES);
      }
    for (int64_t i = aligned + runs * LANES + member; i < end; i += kTeam)
      op_add(op[0], Stored(Source(plane + uint64_t(i) * ELEMENT_BYTES).element[0]), i);
  }
  join_team(op, team * kTeam, member, kTeam);
  // Neighbours finish and write. One member of each team would leave sub-groups mostly idle.
  if (me >= teams || me >= planes) return;
  op[0] = partial[me * kTeam];
  if (kParts > 1) {
    partials(part, first + me).op = op[0];
    return;
  }
  Target(push.dst + uint64_t(first + me) * ELEMENT_BYTES).element[0] =
      Element(op_value(op[0], size));
#if REDUCTION == MAX_INDEX
  Indices(push.indices + uint64_t(first + me) * 8).index = position_of(op[0].at);
#endif
}
