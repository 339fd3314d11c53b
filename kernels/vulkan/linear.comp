// The ceilings of every kernel: passes over memory in units of 16 bytes. Of as many walkers as
// there are invocations, walker o combines the units o, o + walkers, o + 2 walkers ... of src and
// writes unit o of dst, if there is one: with a walker a unit a copy, with a walker an output a
// linear reduction. With kDrop the units of dst are read too and none is written.
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

uvec4 combined(uint64_t from, int64_t count, int64_t first, int64_t step) {
  uvec4 best = uvec4(0);
  for (int64_t i = first; i < count; i += step)
    best = max(best, Source(from + uint64_t(i) * kUnitBytes).unit);
  return best;
}

void main() {
  const int64_t src_units = args.n, dst_units = args.c, walkers = args.divisor;
  const int64_t o = int64_t(group_index()) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
  if (o >= walkers) return;
  uvec4 best = combined(push.src, src_units, o, walkers);
  if (kDrop) best = max(best, combined(push.dst, dst_units, o, walkers));
  // Few bits are all ones, but no compiler knows: the reads of what is dropped stay.
  const bool writes = o < dst_units && !kDrop;
  if (writes || (best == uvec4(0xffffffffu) && dst_units > 0))
    Target(push.dst + uint64_t(writes ? o : 0) * kUnitBytes).unit = best;
}
