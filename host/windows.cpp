#include "host/windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/substrates/host.h"

namespace poolbench {
namespace {

constexpr double kWorthAsking = 64e6;  // bytes; below, available memory is not checked

Window sliding_window(const Problem& problem, const Padding& pads, int axis, int64_t o) {
  const PoolSpec& spec = problem.spec();
  const int64_t src = problem.src()[axis], step = spec.dilation[axis], kernel = spec.kernel[axis];
  const int64_t start =
      o * (spec.stride[axis] != 0 ? spec.stride[axis] : kernel) - pads.begin[axis];
  // below(x): the number of the window's positions before x.
  const auto below = [&](int64_t x) {
    return std::clamp<int64_t>((x - start + step - 1) / step, 0, x > start ? kernel : 0);
  };
  const int64_t first = below(0), past = below(src);
  const int64_t taps = past - first;
  const int64_t padded = below(src + pads.end[axis]);
  const int64_t count = spec.reduction == Reduction::kAvgIncludePad ? padded : taps;
  if (taps == 0) return {0, 0, count};
  return {start + first * step, start + (past - 1) * step + 1, count};
}

}  // namespace

double sample(const Problem& problem, int64_t plane, int axis) {
  const PoolSpec& spec = problem.spec();
  const int64_t i = axis - problem.first_axis();
  const int64_t by_plane = plane * problem.rank() + i;
  if (spec.samples.empty()) return double(splitmix64(spec.seed, by_plane) >> 11) * 0x1p-53;
  return spec.samples[static_cast<int64_t>(spec.samples.size()) == problem.rank() ? i : by_plane];
}

std::vector<Window> windows(const Problem& problem, int axis, int64_t plane) {
  const PoolSpec& spec = problem.spec();
  const int64_t src = problem.src()[axis], out = problem.dst()[axis];
  const Padding pads = problem.padding();
  require_table_memory(double(out));
  std::vector<Window> table(out);
  const auto dense = [](int64_t begin, int64_t end) { return Window{begin, end, end - begin}; };
  const bool unused = axis < problem.first_axis();
  for (int64_t o = 0; o < out; ++o) {
    if (unused || spec.windowing == Windowing::kGlobal) {
      table[o] = dense(0, src);
    } else if (spec.windowing == Windowing::kSliding) {
      table[o] = sliding_window(problem, pads, axis, o);
    } else if (spec.windowing == Windowing::kAdaptive) {
      const auto cut = [&](int64_t i) {
        return i / out * src + static_cast<int64_t>(i % out * __int128{src} / out);
      };
      const auto cut_up = [&](int64_t i) {
        return i / out * src + static_cast<int64_t>((i % out * __int128{src} + out - 1) / out);
      };
      table[o] = dense(cut(o), cut_up(o + 1));
    } else {
      const int64_t kernel = spec.kernel[axis];
      const double u = sample(problem, plane, axis);
      const double alpha = out > 1 ? double(src - kernel) / double(out - 1) : 0;
      const int64_t begin =
          o == out - 1 ? src - kernel : int64_t((double(o) + u) * alpha) - int64_t(u * alpha);
      table[o] = dense(begin, begin + kernel);
    }
  }
  return table;
}

void require_table_memory(double count) {
  const double needed = 3 * count * sizeof(Window);
  if (needed < kWorthAsking) return;
  const double available = available_host_memory();
  if (needed > available)
    throw OutOfMemory(fmt::format(
        "host: no memory for tables of {:.4g} windows: they take {:.3g} GB, {:.3g} GB are left",
        count, needed / 1e9, available / 1e9));
}

int64_t tap_step(const Problem& problem, int axis) {
  return problem.spec().windowing == Windowing::kSliding ? problem.spec().dilation[axis] : 1;
}

double all_taps(const Problem& problem) {
  double taps = double(problem.dst_count());
  if (taps == 0) return 0;
  for (int axis = problem.first_axis(); axis < 3; ++axis) {
    const int64_t src = problem.src()[axis];
    switch (problem.spec().windowing) {
      case Windowing::kGlobal:
        taps *= double(src);
        break;
      case Windowing::kAdaptive: {
        const int64_t longest = src / problem.dst()[axis] + 1;
        taps *= double(longest);
        break;
      }
      case Windowing::kSliding:
      case Windowing::kFractional:
        taps *= double(
            std::min(problem.spec().kernel[axis], (src - 1) / problem.spec().dilation[axis] + 1));
        break;
    }
  }
  return taps;
}

std::vector<bool> held_positions(const Problem& problem, int axis,
                                 std::span<const Window> windows) {
  const int64_t src = problem.src()[axis], step = tap_step(problem, axis);
  std::vector<bool> held(src);
  std::vector<int64_t> done(std::min(step, src));  // by residue: positions below are marked
  for (const Window& w : windows) {
    if (w.begin == w.end) continue;
    int64_t& from = done[w.begin % step];
    for (from = std::max(from, w.begin); from < w.end; from += step) held[from] = true;
  }
  return held;
}

}  // namespace poolbench
