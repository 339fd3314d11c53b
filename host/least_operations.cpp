#include "host/least_operations.h"

#include <algorithm>
#include <cmath>

#include "host/windows.h"
#include "kernels/axes.h"
#include "kernels/reduce.h"

namespace poolbench {
namespace {

// One axis: `in` elements that windows touch become `out` outputs, a line at a time.
struct Line {
  double in = 0, out = 0, merges = 0;
};

Line line_of(const Problem& problem, int number) {
  const Axis& axis = problem.shapes().axis[number];
  std::vector<bool> touched(size_t(axis.src));
  int64_t alone = 0, most = 0;
  for (const Window& window : windows(problem, number)) {
    const int64_t taps = tap_count(axis, window);
    alone += std::max<int64_t>(taps - 1, 0);
    most = std::max(most, taps);
    for (int64_t x = window.begin; x < window.end; x += axis.dilation) touched[size_t(x)] = true;
  }
  Line line;
  line.in = double(std::count(touched.begin(), touched.end(), true));
  line.out = double(axis.dst);
  const double kept = is_extreme(problem.spec().reduction) || most <= 3 ? 1.5 : 2;
  line.merges = std::min(double(alone), kept * line.in);
  return line;
}

}  // namespace

Operations least_operations(const Problem& problem) {
  const Line lines[3] = {line_of(problem, 0), line_of(problem, 1), line_of(problem, 2)};
  double fewest = INFINITY;
  int order[3] = {0, 1, 2};
  do {
    double merges = 0, others = lines[0].in * lines[1].in * lines[2].in;
    for (const int axis : order) {
      if (lines[axis].in == 0) continue;  // no window has a tap
      others /= lines[axis].in;           // lines of this axis
      merges += others * lines[axis].merges;
      others *= lines[axis].out;
    }
    fewest = std::min(fewest, merges);
  } while (std::next_permutation(std::begin(order), std::end(order)));
  const auto planes = double(problem.planes());
  return {.loads = int64_t(planes * lines[0].in * lines[1].in * lines[2].in),
          .merges = int64_t(planes * fewest),
          .outputs = fewest > 0 ? problem.dst_count() : 0};
}

}  // namespace poolbench
