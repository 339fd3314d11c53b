// The Vulkan family's ordered list of kernels. A kernel stands in two halves side by side:
// NAME.comp is the shader, NAME.cpp what it takes and how it is cut into dispatches;
// NAME_constants.h names the constants that the second gives the first.
#ifndef POOLBENCH_KERNELS_VULKAN_KERNELS_H_
#define POOLBENCH_KERNELS_VULKAN_KERNELS_H_

#include <span>
#include <string>
#include <vector>

#include "kernels/family.h"
#include "kernels/vulkan/constants.h"

namespace poolbench::vulkan {

struct Dispatch {
  std::string shader;                 // a name of shaders.h
  std::vector<Constant> constants;    // of the shader's list; the first is kGroup
  int64_t groups = 0;                 // workgroups
  std::vector<int64_t> extents = {};  // of Push, at most 4 of at least 1
  int64_t shared_bytes = 0;           // of a workgroup's memory
  int64_t iterations = 0;             // of all loops of one invocation, at most

  int64_t group() const { return constants.front().value; }
};

// What one launch does: dispatches one after the other, and the scratch memory between them.
struct Work {
  std::vector<Dispatch> dispatches;
  int64_t scratch_bytes = 0;
};

// A row of the list, as Kernel of kernels/family.h; Work takes the place of a launch.
struct Kernel {
  const char* name;
  const char* summary;
  Takes takes;
  // What Takes cannot say: windows, extents, norms. Null: nothing.
  Refusal (*refuses)(const Shapes&);
  // Outputs share work inside an invocation as long as `enough` invocations are left.
  Work (*work)(const Shapes&, int64_t enough);

  Refusal why_not(const Shapes& shapes) const {
    const Refusal refusal = refused(takes, shapes);
    return refusal || refuses == nullptr ? refusal : refuses(shapes);
  }
};

// Fastest first; the last takes everything.
std::span<const Kernel> kernels();

// The rows. To add a kernel: a row here, its two halves, and its shaders in CMakeLists.txt.
#define POOLBENCH_VULKAN_KERNELS(X) X(reduce) X(staged) X(strip) X(vector) X(sliding) X(table)
#define POOLBENCH_ROW(name) Kernel name();
POOLBENCH_VULKAN_KERNELS(POOLBENCH_ROW)
#undef POOLBENCH_ROW

// A pass over memory, a ceiling of every kernel (linear.comp). The units of src, of dst, and the
// walkers again stand in the arguments as n, c and divisor.
Dispatch linear_pass(int64_t walkers, bool drop);

// The same workgroups with nothing to do, in none of their own memory: a dispatch's floor.
Dispatch idle(const Dispatch& dispatch);

}  // namespace poolbench::vulkan

#endif  // POOLBENCH_KERNELS_VULKAN_KERNELS_H_
