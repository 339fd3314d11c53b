#include "bench/time/traffic.h"

#include <algorithm>
#include <vector>

#include "host/windows.h"
#include "kernels/types.h"

namespace poolbench {

int64_t line_bytes(const Device& device) { return device.uuid == "host" ? 64 : 32; }

Traffic compulsory_bytes(const Problem& problem, int64_t line) {
  if (problem.dst_count() == 0) return {};
  const auto touched = [&](int axis, int64_t plane) {  // fractional windows differ by plane
    return held_positions(problem, axis, windows(problem, axis, plane));
  };
  const auto count = [](const std::vector<bool>& seen) {
    return int64_t(std::count(seen.begin(), seen.end(), true));
  };
  // Bytes read of one (d, h) row, with channels last of all its channels: the lines that hold a
  // touched element, counted from the row's beginning.
  const bool last = problem.layout() == Layout::kChannelsLast;
  const int64_t item = dtype_bytes(problem.dtype()) * (last ? problem.c() : 1);
  const auto row_bytes = [&](const std::vector<bool>& seen) {
    if (count(seen) == int64_t(seen.size())) return item * int64_t(seen.size());
    int64_t bytes = 0, done = 0;  // lines before `done` are counted
    for (size_t x = 0; x < seen.size(); ++x) {
      if (!seen[x]) continue;
      const int64_t first = std::max(int64_t(x) * item / line, done);
      const int64_t past = ((int64_t(x) + 1) * item + line - 1) / line;
      bytes += std::max<int64_t>(past - first, 0) * line;
      done = std::max(done, past);
    }
    return std::min(bytes, item * int64_t(seen.size()));
  };
  const bool by_plane = problem.spec().windowing == Windowing::kFractional;
  const int64_t planes = problem.planes(), distinct = by_plane ? std::min<int64_t>(planes, 256) : 1;
  double read = 0;
  for (int64_t plane = 0; plane < distinct; ++plane)
    read += double(count(touched(0, plane))) * double(count(touched(1, plane))) *
            double(row_bytes(touched(2, plane)));
  const double rows = double(planes) / double(last ? problem.c() : 1) / double(distinct);
  return {int64_t(read * rows), problem.dst_bytes() + problem.index_bytes()};
}

}  // namespace poolbench
