// One instruction set's list of kernels.
#include "kernels/openmp/isa.h"

#include "kernels/openmp/kernels.h"

namespace poolbench::POOLBENCH_ISA {
namespace {

constexpr Kernel kKernels[] = {
    old_kernel("copy", "windows of one element", copy_why_not, copy_launch),
    old_kernel("whole", "global: planes as runs, or pixels with vectors of channels", whole_why_not,
               whole_launch),
    old_kernel("strips", "channels first, small planes: strips of columns in registers",
               strips_why_not, strips_launch, rows_scratch),
    old_kernel("rows", "channels first: input rows combined in registers", rows_why_not,
               rows_launch, rows_scratch),
    old_kernel("bands", "channels last, large windows that overlap: along W, then along H",
               bands_why_not, bands_launch),
    old_kernel("channels", "channels last: vectors along the channels", channels_why_not,
               channels_launch),
    old_kernel("folds", "channels first, windows apart or uneven: N at a time folded by halves",
               folds_why_not, folds_launch),
    old_kernel("tile", "any window: tiles in cache, axis by axis", tile_why_not, tile_launch,
               tile_scratch),
    old_kernel("indices", "max with indices in one pass", indices_why_not, indices_launch),
};

}  // namespace

IsaKernels isa_kernels() {
  return {kKernels, int(sizeof(kKernels) / sizeof(kKernels[0])), copy_bytes, read_bytes,
          reduce_bytes};
}

}  // namespace poolbench::POOLBENCH_ISA
