// The windows of an axis as a list, which every windowing is lowered to.
#ifndef POOLBENCH_HOST_WINDOWS_H_
#define POOLBENCH_HOST_WINDOWS_H_

#include <span>
#include <vector>

#include "host/problem.h"

namespace poolbench {

// Returns the windows of one axis (0 d, 1 h, 2 w) for one plane, one for each output; only
// fractional ones depend on the plane. `count`, the axis' factor of the divisor, is the number of
// positions inside the padded input for kAvgIncludePad, and of taps for everything else.
//   sliding      taps o*s - pad + j*d inside [0, src), j in [0, k)
//   adaptive     [floor(o*n/out), ceil((o+1)*n/out)), in integers
//   global       [0, n)
//   fractional   k taps from trunc((o+u)*a) - trunc(u*a), a = (n-k)/(out-1), u the sample, in
//                double; the last from n-k (PyTorch's sequence)
// Throws OutOfMemory as require_table_memory() does.
std::vector<Window> windows(const Problem& problem, int axis, int64_t plane = 0);

// Returns the distance of a window's taps on an axis.
int64_t tap_step(const Problem& problem, int axis);
// Returns for each position of an axis whether one of these windows, all of them, holds it. Marks
// each once, however long the windows are.
std::vector<bool> held_positions(const Problem& problem, int axis, std::span<const Window> windows);

// Throws OutOfMemory where the host cannot hold tables of `count` windows three times: as an axis'
// table, in the array of all axes, and in the memory that kernels read.
void require_table_memory(double count);

// Returns a fractional problem's sample for one (n, c) plane and axis: as given, or drawn from the
// seed (host/spec.md, Fractional).
double sample(const Problem& problem, int64_t plane, int axis);

// Taps of all windows together, roughly: as if each were as long as the longest.
double all_taps(const Problem& problem);

// Output i of splitmix64 (Steele, Lea, Flood 2014) started at `seed`. Also generates the inputs.
constexpr uint64_t splitmix64(uint64_t seed, uint64_t i) {
  uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace poolbench

#endif  // POOLBENCH_HOST_WINDOWS_H_
