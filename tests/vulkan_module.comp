// Copies one float an invocation: what tests/vulkan_module.cpp records.
#version 460
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
layout(local_size_x = 64) in;
layout(buffer_reference, scalar) buffer Floats { float at[]; };
layout(push_constant, scalar) uniform Push {
  uint64_t src;
  uint64_t dst;
  uint count;
};
void main() {
  const uint i = gl_GlobalInvocationID.x;
  if (i < count) Floats(dst).at[i] = Floats(src).at[i];
}
