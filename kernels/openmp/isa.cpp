// One instruction set's list of kernels.
#include "kernels/openmp/isa.h"

#include "kernels/openmp/kernels.h"

namespace poolbench::openmp::POOLBENCH_ISA {
namespace {

#define POOLBENCH_ROW(kernel) &kernel,
constexpr const Kernel* kKernels[] = {POOLBENCH_OPENMP_KERNELS(POOLBENCH_ROW)};
#undef POOLBENCH_ROW

}  // namespace

constinit const IsaBuild kBuild = {
    .kernels = kKernels,
    .count = int(sizeof(kKernels) / sizeof(kKernels[0])),
    .passes = {read_bytes, reduce_bytes, stream_bytes, compute, computes}};

}  // namespace poolbench::openmp::POOLBENCH_ISA
