#include "host/peers/peer.h"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "host/substrates/host.h"
#include "host/windows.h"
#include "kernels/axes.h"
#include "kernels/reduce.h"

namespace poolbench {

Peer::Peer(std::string name, std::vector<KernelInfo> kernels)
    : Peer(std::move(name), std::move(kernels), host_substrate()) {}
Peer::Peer(std::string name, std::vector<KernelInfo> kernels, Substrate& substrate)
    : name_(std::move(name)), kernels_(std::move(kernels)), substrate_(substrate) {}

Support Peer::supports(const Problem& problem, std::string_view kernel) const {
  try {
    // Makes a plan to find out: what a library takes depends on its version and the processor.
    make(problem, kernel);
    return {};
  } catch (const Refused& refused) {
    return {refused.what()};
  }
}

std::unique_ptr<Plan> Peer::plan(const Problem& problem, std::string_view kernel) {
  return make(problem, kernel);
}

std::vector<int64_t> window_axes(const Problem& problem, const Extents& extents) {
  return {extents.begin() + (problem.rank() == 3 ? 0 : 1), extents.end()};
}

TensorShape tensor_shape(const Problem& problem, const Extents& extents) {
  TensorShape shape{window_axes(problem, extents), {}};
  auto& [sizes, strides] = shape;
  sizes.insert(sizes.begin(), {problem.n(), problem.c()});
  strides.resize(sizes.size());
  const bool last = problem.layout() == Layout::kChannelsLast;
  int64_t step = last ? problem.c() : 1;
  for (size_t axis = sizes.size(); axis-- > 2; step *= sizes[axis]) strides[axis] = step;
  strides[1] = last ? 1 : step;
  strides[0] = last ? step : step * problem.c();
  return shape;
}

namespace {

// Returns the same problem with sliding windows, or nothing where there is none.
std::optional<Problem> as_sliding(const Problem& problem) {
  if (problem.spec().windowing == Windowing::kSliding) return problem;
  if (problem.spec().windowing == Windowing::kFractional) return std::nullopt;
  Description sliding = problem.description();
  for (int axis = 0; axis < 3; ++axis) {
    if (problem.dst()[axis] == 0 || problem.src()[axis] % problem.dst()[axis] != 0)
      return std::nullopt;
    sliding.spec.kernel[axis] = sliding.spec.stride[axis] =
        problem.src()[axis] / problem.dst()[axis];
  }
  sliding.spec.windowing = Windowing::kSliding;
  return Problem(sliding);
}

}  // namespace

void require_reduction(const Problem& problem, std::string_view library, Set<Reduction> known) {
  const Reduction reduction = problem.spec().reduction;
  if (!known.has(reduction))
    throw Refused(fmt::format("reduction: {} has no {} pooling", library, token(reduction)));
}

Problem plain_problem(const Problem& problem, std::string_view library, std::string_view indices) {
  const PoolSpec& spec = problem.spec();
  require_reduction(problem, library,
                    {Reduction::kMax, Reduction::kAvgIncludePad, Reduction::kAvgExcludePad});
  if (spec.indices) throw Refused(fmt::format("idx: {}'s {}", library, indices));
  if (spec.divisor != 0) throw Refused(fmt::format("div: {} takes no divisor", library));
  const auto sliding = as_sliding(problem);
  if (!sliding)
    throw Refused(fmt::format("windowing: {} has sliding windows only; these {} ones are not",
                              library, token(spec.windowing)));
  return *sliding;
}

Extents overrun(const Problem& problem) {
  const PoolSpec& spec = problem.spec();
  const Extents dst = problem.dst();
  const Padding pad = problem.padding();
  Extents beyond = {};
  for (int axis = problem.first_axis(); axis < 3; ++axis) {
    const int64_t end =
        (dst[axis] - 1) * spec.stride[axis] + (spec.kernel[axis] - 1) * spec.dilation[axis] + 1;
    beyond[axis] =
        std::max<int64_t>(end - problem.src()[axis] - pad.begin[axis] - pad.end[axis], 0);
  }
  return beyond;
}

void require_taps(const Problem& problem) {
  if (has_padding_alone(problem.shapes())) throw Refused("p: a window in the padding as a whole");
  for (int axis = problem.first_axis(); axis < 3; ++axis) {
    if (problem.spec().dilation[axis] == 1) continue;  // it always reaches the input
    for (const Window& window : windows(problem, axis))
      if (window.begin >= window.end) throw Refused("d: a window without a tap");
  }
}

int peer_threads() { return omp_get_num_procs(); }

std::vector<double> taps(const Problem& problem, const void* src, const Point& point) {
  const int64_t plane = point.n * problem.c() + point.c;
  Window window[3];
  int64_t step[3] = {1, 1, 1};
  for (int axis = 0; axis < 3; ++axis) {
    window[axis] = windows(problem, axis, plane)[point.output[axis]];
    if (problem.spec().windowing == Windowing::kSliding) step[axis] = problem.spec().dilation[axis];
  }
  std::vector<double> values;
  dispatch(problem.dtype(), [&](auto tag) {
    const auto* elements = static_cast<const typename decltype(tag)::type*>(src);
    const Extents n = problem.src();
    const int64_t size = n[0] * n[1] * n[2];
    for (int64_t d = window[0].begin; d < window[0].end; d += step[0])
      for (int64_t h = window[1].begin; h < window[1].end; h += step[1])
        for (int64_t w = window[2].begin; w < window[2].end; w += step[2]) {
          const int64_t at = (d * n[1] + h) * n[2] + w;
          values.push_back(double(load(elements[problem.layout() == Layout::kChannelsLast
                                                    ? (point.n * size + at) * problem.c() + point.c
                                                    : plane * size + at])));
        }
  });
  return values;
}

Prediction any_tap(std::string rule) { return {std::move(rule), -INFINITY, INFINITY, true}; }

namespace {

// Returns the divisor of an average.
double divisor_of(const Problem& problem, const Point& point) {
  if (problem.spec().divisor != 0) return double(problem.spec().divisor);
  double divisor = 1;
  for (int axis = problem.first_axis(); axis < 3; ++axis)
    divisor *= double(windows(problem, axis)[point.output[axis]].count);
  return divisor;
}

// Returns the sum of |x| over an average's taps, divided by |divisor|.
double mean_magnitude(const std::vector<double>& taps, double divisor) {
  double magnitude = 0;
  for (const double tap : taps) magnitude += std::fabs(tap) / std::fabs(divisor);
  return magnitude;
}

}  // namespace

std::vector<Prediction> running_sum(const Problem& problem, const std::vector<double>& taps,
                                    const Point& point, std::string rule) {
  // With an infinity the bound would be infinite and explain any number.
  if (!is_average(problem.spec().reduction) || !std::isfinite(point.expected)) return {};
  const bool f64 = problem.dtype() == DType::kF64;
  const double half_ulp = problem.dtype() == DType::kBF16  ? 0x1p-8
                          : problem.dtype() == DType::kF16 ? 0x1p-11
                          : f64                            ? 0x1p-53
                                                           : 0x1p-24;
  const double magnitude = mean_magnitude(taps, divisor_of(problem, point));
  const double sum = double(taps.size()) * (f64 ? 0x1p-53 : 0x1p-24) * magnitude;
  const double off = sum + half_ulp * (std::fabs(point.expected) + sum);
  constexpr double kMost = std::numeric_limits<double>::max();
  return {{std::move(rule), std::max(point.expected - off, -kMost),
           std::min(point.expected + off, kMost)}};
}

Prediction f32_average(const Problem& problem, const std::vector<double>& taps, const Point& point,
                       std::string rule) {
  const double divisor = divisor_of(problem, point);
  const double magnitude = mean_magnitude(taps, divisor);
  double mean = 0;
  for (const double tap : taps) mean += tap / divisor;
  // Multiplying by a rounded reciprocal is off by 1.5 ulp; sums below 2^24 are exact.
  const bool exact_sum = magnitude * std::fabs(divisor) < 0x1p24;
  const double off =
      0x1p-22 * std::fabs(mean) + (exact_sum ? 0 : double(taps.size()) * 0x1p-24 * magnitude);
  const bool i8 = problem.dtype() == DType::kI8;
  const auto stored = [&](double value) {
    return std::clamp(std::nearbyint(value), i8 ? -128.0 : 0.0, i8 ? 127.0 : 255.0);
  };
  return {std::move(rule), stored(mean - off), stored(mean + off)};
}

}  // namespace poolbench
