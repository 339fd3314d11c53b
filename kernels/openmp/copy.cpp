// Windows of one element, side by side: the output is the input.
//
// A thread copies an even, contiguous share. Bound by memory.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::openmp::POOLBENCH_ISA {
namespace {

constexpr Takes kTakes = {
    .reductions = kExtremaAndAverages, .windowings = kSlidingWindows, .types = kVectorTypes};

Refusal refuses(const Shapes& shapes) {
  for (const Axis& axis : shapes.axis) {
    if (axis.kernel != 1) return {Parameter::kKernel, "takes windows of one element"};
    if (axis.stride != 1) return {Parameter::kStride, "takes 1"};
    if (axis.src != axis.dst) return {Parameter::kPad, "takes no padding"};
  }
  if (shapes.divisor != 0 && shapes.divisor != 1) return {Parameter::kDivisor, "takes 1"};
  return {};
}

void launch(const PoolArgs& args, void*) {
  const Storage storage = storage_of(args);
  copy_bytes(args.dst, args.src,
             storage.planes * storage.src_size * dtype_bytes(DType(args.dtype)));
}

}  // namespace

constinit const Kernel kCopy = {.name = "copy",
                                .summary = "windows of one element",
                                .takes = kTakes,
                                .refuses = refuses,
                                .launch = launch,
                                .scratch_bytes = nullptr};

}  // namespace poolbench::openmp::POOLBENCH_ISA
