// Does nothing: the floor of a dispatch of any other shader with as many workgroups of as many
// invocations.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "kernels/vulkan/idle_constants.h"

void main() {}
