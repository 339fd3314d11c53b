// Specialization constants, named once for C++ and GLSL. A kernel's list stands in its
// NAME_constants.h, as one macro of rows, INT(id, name) or FLAG(id, name), each with a comment, and
// POOLBENCH_CONSTANTS(StripConstants, STRIP_CONSTANTS) under it. Ids count from 2.
//
// GLSL gets `const int kRows`, `const bool kClip` and the workgroup's size, all to be specialized.
// C++ gets a struct with these members and kGroup, which converts to what a Dispatch holds.
//
// In SPIR-V each constant is a 32-bit integer whose default is its own id. Names do not survive the
// compiler, defaults do: a plan compares them with the list (host/backends/vulkan_spirv.h).
#ifndef POOLBENCH_KERNELS_VULKAN_CONSTANTS_H_
#define POOLBENCH_KERNELS_VULKAN_CONSTANTS_H_

#ifdef __cplusplus

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace poolbench::vulkan {

struct Constant {
  uint32_t id;
  const char* name;
  uint32_t value;
};

constexpr bool counts_from_2(std::initializer_list<uint32_t> ids) {
  uint32_t expected = 2;
  for (const uint32_t id : ids)
    if (id != expected++) return false;
  return true;
}

}  // namespace poolbench::vulkan

#define POOLBENCH_MEMBER(id, name) int64_t name;
#define POOLBENCH_ID(id, name) id,
#define POOLBENCH_CONSTANT(id, name) {id, #name, uint32_t(name)},
#define POOLBENCH_CONSTANTS(Name, LIST)                                                    \
  namespace poolbench::vulkan {                                                            \
  struct Name {                                                                            \
    int64_t kGroup; /* invocations in a workgroup */                                       \
    LIST(POOLBENCH_MEMBER, POOLBENCH_MEMBER)                                               \
    operator std::vector<Constant>() const {                                               \
      return {POOLBENCH_CONSTANT(1, kGroup) LIST(POOLBENCH_CONSTANT, POOLBENCH_CONSTANT)}; \
    }                                                                                      \
  };                                                                                       \
  static_assert(counts_from_2({LIST(POOLBENCH_ID, POOLBENCH_ID)}));                        \
  }

// A number that both languages count with.
#define POOLBENCH_NUMBER(name, value) \
  namespace poolbench::vulkan {       \
  constexpr int64_t name = value;     \
  }

#else

#define POOLBENCH_INT(id, name) layout(constant_id = id) const int name = id;
#define POOLBENCH_FLAG(id, name)                       \
  layout(constant_id = id) const int name##Given = id; \
  const bool name = name##Given != 0;
#define POOLBENCH_CONSTANTS(Name, LIST) \
  layout(local_size_x_id = 1) in;       \
  LIST(POOLBENCH_INT, POOLBENCH_FLAG)
#define POOLBENCH_NUMBER(name, value) const int name = value;

#endif

#endif  // POOLBENCH_KERNELS_VULKAN_CONSTANTS_H_
