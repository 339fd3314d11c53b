// How the kernel `staged` (staged.comp, staged.cpp) cuts a problem into workgroups.
#ifndef POOLBENCH_KERNELS_VULKAN_STAGED_CUT_H_
#define POOLBENCH_KERNELS_VULKAN_STAGED_CUT_H_

#include <cstdint>

#include "kernels/pool_args.h"

namespace poolbench::vulkan {

struct StagedCut {
  int64_t planes = 0;                     // of a workgroup; 0: no cut fits into shared memory
  int64_t rows = 1, columns = 1;          // outputs of each plane
  int64_t src_rows = 1, src_columns = 1;  // the input that these read, at most
  bool joined = false;                    // staged rows are whole, without space between them
  int64_t pitch = 1, reduced_pitch = 1;   // lanes from a row to the next: of the input, of results
  int64_t across = 1, down = 1;           // windows of an invocation: of a row, of a column
  int64_t channels = 1;                   // channels last, of an invocation: a word's, or one
  // Of every invocation along an axis: held elements [begin, end) are inside the input, and so
  // many outputs exist.
  struct Always {
    int64_t begin, end, outputs;
  };
  Always always_h = {}, always_w = {};
  int64_t shared_bytes = 0;
};

// The cheapest cut by counted instructions, for workgroups of `group` invocations. A device that is
// busy only with `enough` invocations is charged for the idle ones.
StagedCut staged_cut(const Shapes& shapes, int64_t group, int64_t enough);

}  // namespace poolbench::vulkan

#endif  // POOLBENCH_KERNELS_VULKAN_STAGED_CUT_H_
