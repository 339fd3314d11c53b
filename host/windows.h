// Which taps each output has, on one axis: the list that every windowing comes down to.
#ifndef POOLBENCH_HOST_WINDOWS_H_
#define POOLBENCH_HOST_WINDOWS_H_

#include <vector>

#include "host/problem.h"

namespace poolbench {

// The windows of one axis (0 d, 1 h, 2 w) for one plane, one for each output. Only a fractional
// problem's depend on the plane. `count`, the axis' factor of the divisor, is the number of taps
// inside the padded input for kAvgIncludePad and inside the input for everything else.
//   sliding      taps o*s - pad + j*d inside [0, src), j in [0, k)
//   adaptive     [floor(o*n/out), ceil((o+1)*n/out)), in integers
//   global       [0, n)
//   fractional   k taps from trunc((o+u)*a) - trunc(u*a), a = (n-k)/(out-1), u the sample, in
//                double; the last from n-k (PyTorch's sequence)
// Throws OutOfMemory as require_table_memory() does.
std::vector<Window> windows(const Problem& problem, int axis, int64_t plane = 0);

// Throws OutOfMemory where the host cannot hold tables of `count` windows: as an axis' table, as
// all axes' in one run, and once more in its own memory as kernels read them.
void require_table_memory(double count);

// A fractional problem's sample for one (n, c) plane and axis: as given, or drawn from the seed:
// the upper 53 bits of splitmix64's output number plane * rank + (axis - first_axis), over 2^53.
double sample(const Problem& problem, int64_t plane, int axis);

// Output i of splitmix64 (Steele, Lea, Flood 2014) started at `seed`: also the inputs' generator.
constexpr uint64_t splitmix64(uint64_t seed, uint64_t i) {
  uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace poolbench

#endif  // POOLBENCH_HOST_WINDOWS_H_
