// The problem as kernels receive it: plain data, the same bytes in C++, CUDA and GLSL.
//
//   Shapes    everything but addresses: what a kernel decides on, cuts and sizes its scratch by
//   PoolArgs  Shapes, the window tables and the operands' addresses: what a launch gets
//
// Read by C++ and nvcc as it stands, and by glslc, where scalar block layout gives every field the
// offset it has here. So: no methods, no initialisers, 8-byte fields before 4-byte ones.
#ifndef POOLBENCH_KERNELS_POOL_ARGS_H_
#define POOLBENCH_KERNELS_POOL_ARGS_H_

#ifdef __cplusplus
#include <cstdint>
#define POOLBENCH_ADDRESS(type) type*
#define POOLBENCH_DOUBLE double
namespace poolbench {
#else
#define POOLBENCH_ADDRESS(type) uint64_t
#define POOLBENCH_DOUBLE uint64_t  // the bits: a device without f64 must still read what follows
#define layout data_layout         // a keyword there
#endif

// One output's window on one axis: taps at begin, begin + dilation, ... below end, all of them
// inside the input. `count` is the axis' factor of the divisor (host/windows.h has its rule).
// begin == end when the window has no tap.
struct Window {
  int64_t begin;
  int64_t end;
  int64_t count;
};

// One axis of a problem. Sliding windows: output o's taps are o * stride - pad_begin + j * dilation
// for j in [0, kernel) that fall inside [0, src). Global ones: kernel = src, stride = 1, no
// padding.
struct Axis {
  int64_t src;  // extent of the input
  int64_t dst;  // extent of the output
  int64_t kernel;
  int64_t stride;
  int64_t pad_begin;
  int64_t pad_end;   // as given; in ceil mode windows may reach beyond it
  int64_t dilation;  // 1: dense; also the step inside a table's window
};

// The windows of one axis: `dst` of them, or `dst` for each (n, c) plane.
struct Table {
  POOLBENCH_ADDRESS(const Window) windows;
  int64_t plane_stride;  // windows between two planes' tables; 0: one table for all planes
};

// A problem without its memory. Axes that it does not have are 1 long and stand in front.
struct Shapes {
  int64_t n;
  int64_t c;
#ifdef __cplusplus
  Axis axis[3];  // d, h, w
#else
  Axis axis_d, axis_h, axis_w;
#endif
  int64_t divisor;        // of averages, when not 0; else the product of the windows' counts
  POOLBENCH_DOUBLE norm;  // p of Lp, > 0, may be infinite
  int32_t reduction;      // the enums below
  int32_t windowing;
  int32_t dtype;
  int32_t layout;
  int32_t norm_mean;  // Lp: divide the sum by the product of the counts
  int32_t with_indices;
};

#ifdef __cplusplus
struct PoolArgs : Shapes {
#else
struct PoolArgs {
  Shapes shapes;
#endif
  // Channels first: n, c, d, h, w; channels last: n, d, h, w, c; dense, row-major. indices is null
  // unless the problem asks for them, scratch unless the kernel does.
  POOLBENCH_ADDRESS(const void) src;
  POOLBENCH_ADDRESS(void) dst;
  POOLBENCH_ADDRESS(int64_t) indices;
  POOLBENCH_ADDRESS(void) scratch;
#ifdef __cplusplus
  Table table[3];  // d, h, w
#else
  Table table_d, table_h, table_w;
#endif
  int32_t idle;  // not 0: bodies return at once and write nothing (Backend::floor)
};

// Values of the int32 fields above. The order is fixed: modules and shaders see the numbers.
#define POOLBENCH_REDUCTIONS(X) \
  X(kMax, 0) X(kAvgIncludePad, 1) X(kAvgExcludePad, 2) X(kLp, 3) X(kMin, 4)
#define POOLBENCH_LAYOUTS(X) X(kChannelsFirst, 0) X(kChannelsLast, 1)
#ifdef __cplusplus
#define POOLBENCH_VALUE(name, number) name = number,
enum class Reduction : int32_t { POOLBENCH_REDUCTIONS(POOLBENCH_VALUE) };
enum class Windowing : int32_t { kSliding, kAdaptive, kGlobal, kFractional };
enum class DType : int32_t { kF64, kF32, kF16, kBF16, kI8, kU8, kI32, kI16, kI64 };
enum class Layout : int32_t { POOLBENCH_LAYOUTS(POOLBENCH_VALUE) };
}  // namespace poolbench
#else
#define POOLBENCH_VALUE(name, number) const int name = number;
POOLBENCH_REDUCTIONS(POOLBENCH_VALUE)
POOLBENCH_LAYOUTS(POOLBENCH_VALUE)
#endif
#undef POOLBENCH_VALUE

#ifndef __cplusplus
#undef layout
#endif
#undef POOLBENCH_ADDRESS
#undef POOLBENCH_DOUBLE
#endif  // POOLBENCH_KERNELS_POOL_ARGS_H_
