// What every shader receives, and which part of the work an invocation does.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference2 : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_8bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_int32 : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#ifdef FLOAT16
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#endif

#include "kernels/pool_args.h"
#include "kernels/vulkan/push.h"

const int kMax = 0, kAvgIncludePad = 1, kAvgExcludePad = 2, kLp = 3;  // PoolArgs::reduction
const int kChannelsFirst = 0, kChannelsLast = 1;                      // PoolArgs::layout

layout(buffer_reference, scalar, buffer_reference_align = 8) readonly buffer Args {
  PoolArgs value;
};
layout(push_constant, scalar) uniform PushBlock { Push push; };
#define tables Args(push.pool_args).value
#define args tables.shapes

layout(local_size_x_id = 0) in;

// Grids are folded into two dimensions, each at most 65,535 long; the last groups may be idle.
uint group_index() { return gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x; }

// The number of an invocation among all, a place in the extents of the push constants: peel(n, i)
// takes the place on extent i off n.
uint invocation_index() {
  return group_index() * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
}
uint peel(inout uint n, int i) {
  const Extent extent = push.extents[i];
  uint high, low;
  umulExtended(n, extent.factor, high, low);
  const uint quotient = (high + n) >> extent.shift;
  const uint place = n - quotient * extent.by;
  n = quotient;
  return place;
}

// rest / by; leaves the remainder. A 64-bit division takes a GPU a hundred instructions, so both
// being short is worth a branch.
int64_t divide(inout int64_t rest, int64_t by) {
  const int64_t quotient =
      ((rest | by) >> 32) == 0 ? int64_t(uint(rest) / uint(by)) : rest / by;
  rest -= quotient * by;
  return quotient;
}
