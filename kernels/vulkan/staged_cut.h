// How the kernel `staged` (kernels/vulkan/staged.comp) cuts a problem into workgroups. Reads shapes
// alone, so that the same cut says whether the kernel takes a problem.
#ifndef POOLBENCH_KERNELS_VULKAN_STAGED_CUT_H_
#define POOLBENCH_KERNELS_VULKAN_STAGED_CUT_H_

#include <cstdint>

#include "kernels/pool_args.h"

namespace poolbench::vulkan {

struct StagedCut {
  int64_t planes = 0;                     // of a workgroup; 0: not even one output's input fits
  int64_t rows = 1, columns = 1;          // outputs of each plane
  int64_t src_rows = 1, src_columns = 1;  // the input that these read, at most
  bool joined = false;                    // whole rows that are staged without space between them
  int64_t pitch = 1, reduced_pitch = 1;   // lanes from a row to the next: staged, and its windows
  int64_t across = 1, down = 1;           // windows of an invocation: of a row, of a column
  int64_t channels = 1;                   // channels last, of an invocation: a word's, or one
  // Of an invocation's elements along an axis, from `begin` to `end`, which never lie outside the
  // input; of its outputs, how many always exist.
  struct Always {
    int64_t begin, end, outputs;
  };
  Always always_h = {}, always_w = {};
  int64_t shared_bytes = 0;
};

// The cut that costs least, of invocations in workgroups of `group`, by instructions counted. It is
// one that leaves `enough` invocations where that costs less time than it saves.
StagedCut staged_cut(const Shapes& args, int64_t group, int64_t enough);

}  // namespace poolbench::vulkan

#endif  // POOLBENCH_KERNELS_VULKAN_STAGED_CUT_H_
