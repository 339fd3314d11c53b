// The ceiling of every kernel: a pass over memory in units of 16 bytes. Invocation o combines the
// units o, o + writes, o + 2 writes ... of src and writes unit o of dst: a copy where reads ==
// writes, a linear reduction where there are more, and with kDrop a read.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/linear_constants.h"
#include "kernels/vulkan/launch.glsl"

layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer Source {
  uvec4 unit;
};
layout(buffer_reference, std430, buffer_reference_align = 16) writeonly buffer Target {
  uvec4 unit;
};

void main() {
  const int64_t reads = args.n, writes = args.c;
  const int64_t o = int64_t(group_index()) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
  if (o >= writes) return;
  uvec4 best = uvec4(0);
  for (int64_t i = o; i < reads; i += writes)
    best = max(best, Source(push.src + uint64_t(i) * kUnitBytes).unit);
  // A ceiling's memory never holds all ones, but no compiler knows: the reads stay.
  if (!kDrop || best == uvec4(0xffffffffu)) Target(push.dst + uint64_t(o) * kUnitBytes).unit = best;
}
