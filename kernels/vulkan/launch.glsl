// What every shader receives, and which part of the work is an invocation's.
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

layout(buffer_reference, scalar, buffer_reference_align = 8) readonly buffer Args {
  PoolArgs value;
};
layout(push_constant, scalar) uniform PushBlock { Push push; };
#define tables Args(push.pool_args).value
#define args tables.shapes

layout(buffer_reference, scalar, buffer_reference_align = 8) readonly buffer Windows {
  Window window;
};
Window table_window(Table table, int64_t plane, int64_t o) {
  const int64_t row = plane * table.plane_stride + o;
  return Windows(table.windows + uint64_t(row * kWindowBytes)).window;
}

// Grids are folded into two dimensions of at most 65,535 workgroups; the last may be idle.
uint group_index() { return gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x; }

// The number of an invocation among all. peel(number, push.extents[i]) takes its place on extent i
// off it.
uint invocation_index() {
  return group_index() * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
}

// Returns rest / by and leaves the remainder. A 64-bit division is a hundred instructions on a GPU,
// so a branch for short numbers pays.
int64_t divide(inout int64_t rest, int64_t by) {
  const int64_t quotient =
      ((rest | by) >> 32) == 0 ? int64_t(uint(rest) / uint(by)) : rest / by;
  rest -= quotient * by;
  return quotient;
}
