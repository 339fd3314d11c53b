// A team of kTeam invocations reduces one (n, c) plane to one output: each takes every kTeam-th
// element. Channels first, a team's members read neighbours in memory; channels last, the members
// of neighbouring teams do. Bound by memory.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"
#include "kernels/vulkan/team.glsl"

// Number 1 is kNorm.
layout(constant_id = 2) const int kLayout = kChannelsFirst;
layout(constant_id = 3) const uint kTeam = 1;  // a power of two, at most the workgroup

layout(buffer_reference, scalar, buffer_reference_align = 8) writeonly buffer Indices {
  int64_t index;
};

const int kInFlight = 4;  // loads that do not wait for each other

void main() {
  const uint teams = gl_WorkGroupSize.x / kTeam;  // in a workgroup
  const uint me = gl_LocalInvocationID.x;
  const int64_t size = args.axis_d.src * args.axis_h.src * args.axis_w.src;
  // The workgroup's first plane, and how many it has work for; channels last it stays in one image.
  int64_t first, planes, base, step;
  uint team, member;
  if (kLayout == kChannelsFirst) {
    first = int64_t(group_index()) * teams;
    planes = args.n * args.c - first;
    team = me / kTeam;
    member = me % kTeam;
    base = (first + team) * size;
    step = 1;
  } else {
    int64_t channel = group_index();
    const int64_t image = divide(channel, (args.c + teams - 1) / teams);
    channel *= teams;
    first = image * args.c + channel;
    planes = image < args.n ? args.c - channel : 0;
    team = me % teams;
    member = me / teams;
    base = image * args.c * size + channel + team;
    step = args.c;
  }

  Op op = op_start();
  if (team < planes)
    for (int64_t i = member; i < size; i += kInFlight * kTeam)
      [[unroll]] for (int j = 0; j < kInFlight; ++j) {
        const int64_t at = i + j * kTeam;
        if (at >= size) continue;
        const uint64_t address = push.src + uint64_t(base + at * step) * ELEMENT_BYTES;
        op_add(op, Stored(Source(address).element[0]), at);
      }
  join_team(op, team, member, kTeam);
  // Neighbours finish and write: one of each team would leave a sub-group mostly idle in a root.
  if (me >= teams || me >= planes) return;
  op = partial[me * kTeam];
  Target(push.dst + uint64_t(first + me) * ELEMENT_BYTES).element[0] = Element(op_value(op, size));
#if REDUCTION == MAX_INDEX
  Indices(push.indices + uint64_t(first + me) * 8).index = op.at;
#endif
}
