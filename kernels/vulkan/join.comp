// The second pass over planes that were reduced in kParts parts: a team of kTeam invocations joins
// the parts of one plane. Launch-bound.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/reduce_constants.h"
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"
#define TEAM_OPS 1
#include "kernels/vulkan/team.glsl"

layout(buffer_reference, scalar, buffer_reference_align = 8) writeonly buffer Indices {
  int64_t index;
};

void main() {
  const uint team = gl_LocalInvocationID.x / kTeam, member = gl_LocalInvocationID.x % kTeam;
  const int64_t plane = int64_t(group_index()) * (gl_WorkGroupSize.x / kTeam) + team;
  const bool real_work = plane < args.n * args.c;
  Op op[TEAM_OPS];
  op[0] = op_start();
  if (real_work)
    for (int part = int(member); part < kParts; part += kTeam)
      op_join(op[0], partials(part, plane).op);
  join_team(op, team * kTeam, member, kTeam);
  if (member != 0 || !real_work) return;
  const int64_t size = args.axis_d.src * args.axis_h.src * args.axis_w.src;
  Target(push.dst + uint64_t(plane) * ELEMENT_BYTES).element[0] = Element(op_value(op[0], size));
#if REDUCTION == MAX_INDEX
  Indices(push.indices + uint64_t(plane) * 8).index = position_of(op[0].at);
#endif
}
