// A team of kTeam invocations reduces one (n, c) plane to one output: each takes every kTeam-th
// element, then the team joins through shared memory, in an order that does not depend on the
// device's sub-groups. Channels first, a team's members read neighbours in memory; channels last,
// the members of neighbouring teams do. Bound by memory.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/launch.glsl"
#include "kernels/vulkan/types.glsl"
#include "kernels/vulkan/reductions.glsl"

// Number 1 is kNorm.
layout(constant_id = 2) const int kLayout = kChannelsFirst;
layout(constant_id = 3) const uint kTeam = 1;  // a power of two, at most the workgroup

layout(buffer_reference, scalar, buffer_reference_align = 8) writeonly buffer Indices {
  int64_t index;
};

shared Op partial[gl_WorkGroupSize.x];

void main() {
  const uint teams = gl_WorkGroupSize.x / kTeam;  // in a workgroup
  const uint me = gl_LocalInvocationID.x;
  const int64_t size = args.axis_d.src * args.axis_h.src * args.axis_w.src;
  const int64_t planes = args.n * args.c;
  int64_t plane, base, step;
  uint member, stride;  // my number in the team; how far apart two members' numbers are here
  bool mine;
  if (kLayout == kChannelsFirst) {
    plane = int64_t(group_index()) * teams + me / kTeam;
    mine = plane < planes;
    base = plane * size;
    step = 1;
    member = me % kTeam;
    stride = 1;
  } else {  // a workgroup stays inside one image
    const int64_t groups = (args.c + teams - 1) / teams;
    int64_t part = group_index();
    const int64_t image = divide(part, groups);
    const int64_t channel = part * teams + me % teams;
    mine = image < args.n && channel < args.c;
    plane = image * args.c + channel;
    base = image * args.c * size + channel;
    step = args.c;
    member = me / teams;
    stride = teams;
  }

  Op op = op_start();
  if (mine)
    for (int64_t i = member; i < size; i += kTeam)
      op_add(op, Stored(Source(push.src + uint64_t(base + i * step) * ELEMENT_BYTES).element[0]), i);
  partial[me] = op;
  for (uint half_team = kTeam / 2; half_team > 0; half_team /= 2) {
    barrier();
    if (member < half_team) {
      op_join(op, partial[me + half_team * stride]);
      partial[me] = op;
    }
  }
  if (!mine || member != 0) return;
  Target(push.dst + uint64_t(plane) * ELEMENT_BYTES).element[0] = Element(op_value(op, size));
#if REDUCTION == MAX_INDEX
  Indices(push.indices + uint64_t(plane) * 8).index = op.at;
#endif
}
