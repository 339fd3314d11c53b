#include "host/peers/aten_problem.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/peers/peer.h"
#include "host/windows.h"
#include "kernels/types.h"

namespace poolbench {

void require_expressible_in_aten(const Problem& problem, bool on_cuda) {
  const PoolSpec& spec = problem.spec();
  require_reduction(
      problem, "ATen",
      {Reduction::kMax, Reduction::kAvgIncludePad, Reduction::kAvgExcludePad, Reduction::kLp});
  const bool max = spec.reduction == Reduction::kMax, lp = spec.reduction == Reduction::kLp;
  const bool reduced = problem.dtype() == DType::kF16 || problem.dtype() == DType::kBF16;
  if (spec.windowing == Windowing::kAdaptive) {
    if (spec.divisor != 0) throw Refused("div: ATen's adaptive averages take no divisor");
    if (lp) throw Refused("windowing: ATen has no adaptive Lp pooling");
    if (!max && problem.rank() == 3 && reduced && !on_cuda)
      throw Refused("type: ATen's adaptive 3D averages are summed in f16 or bf16");
  }
  if (spec.windowing == Windowing::kFractional) {
    if (!max) throw Refused("reduction: ATen has fractional pooling for max only");
    if (problem.layout() == Layout::kChannelsLast)
      throw Refused("layout: ATen's fractional pooling writes channels first");
    if (reduced && !on_cuda)
      throw Refused("type: ATen computes the windows of fractional f16 and bf16 in that type");
  }
  if (spec.windowing == Windowing::kSliding) {
    const Padding pad = problem.padding();
    if (pad.begin != pad.end) throw Refused("p: ATen pads both ends by the same");
    for (int axis = 0; axis < 3; ++axis) {
      if (2 * pad.begin[axis] > spec.kernel[axis])
        throw Refused("p: ATen pads at most half a kernel");
      if (!max && spec.dilation[axis] > 1) throw Refused("d: ATen dilates max only");
    }
    require_taps(problem);
  }
  const bool composed = lp && (spec.windowing != Windowing::kGlobal || spec.norm_mean);
  if (lp && reduced && (composed || !on_cuda))
    throw Refused("type: ATen's Lp rounds every power or partial sum to f16 or bf16");
  if (composed && std::fmod(spec.norm, 2) != 0)
    throw Refused("norm: ATen's lp_pool keeps the signs of odd powers; only even p agree");
}

namespace {

// Whether windows computed in T are those of host/spec.md, Fractional.
template <class T>
bool same_windows_in(const Problem& problem) {
  const auto rounded = [&](double sample) {
    double value = sample;
    dispatch(problem.dtype(), [&](auto tag) {
      using Element = typename decltype(tag)::type;
      if constexpr (!std::is_integral_v<Element>)
        value = double(load(store<Element>(Compute<Element>(sample))));
    });
    return T(value);
  };
  const Extents dst = problem.dst();
  for (int64_t plane = 0; plane < problem.planes(); ++plane)
    for (int axis = problem.first_axis(); axis < 3; ++axis) {
      const T u = rounded(sample(problem, plane, axis));
      const auto alpha = T(problem.src()[axis] - problem.spec().kernel[axis]) /
                         T(std::max<int64_t>(dst[axis] - 1, 1));
      const auto expected = windows(problem, axis, plane);
      for (int64_t i = 0; i + 1 < dst[axis]; ++i)
        if (int((T(i) + u) * alpha) - int(u * alpha) != expected[i].begin) return false;
    }
  return true;
}

// A sum that was rounded to the 16-bit type, an ulp off at most, and then divided; and 0 where the
// divisor is infinite: f16 rounds 65520 and more to infinity.
std::vector<Prediction> means_in_16_bits(const Problem& problem, const std::vector<double>& taps,
                                         const Point& point) {
  const bool f16 = problem.dtype() == DType::kF16;
  if (problem.spec().windowing != Windowing::kGlobal || (!f16 && problem.dtype() != DType::kBF16))
    return {};
  const char* rounded =
      "mean_of_rounded_sum: ATen's mean rounds the sum to f16 or bf16 before it divides";
  std::vector<Prediction> all;
  if (f16 && taps.size() >= 65520)
    all.push_back(
        exactly("divisor_in_f16: ATen's mean divides by the number of taps in f16, where "
                "65520 and more are infinite: it is 0",
                0));
  const double sum = std::accumulate(taps.begin(), taps.end(), 0.0);
  if (f16 && std::fabs(sum) >= 65504) all.push_back(exactly(rounded, std::copysign(INFINITY, sum)));
  if (!std::isfinite(point.expected)) return all;
  const double ulp = std::fabs(sum) * (f16 ? 0x1p-10 : 0x1p-7) / double(taps.size());
  const double off = ulp + (std::fabs(point.expected) + ulp) * (f16 ? 0x1p-11 : 0x1p-8);
  all.push_back({rounded, point.expected - off, point.expected + off});
  return all;
}

}  // namespace

void require_windows_of_aten(const Problem& problem) {
  if (problem.dtype() == DType::kF64 ? same_windows_in<double>(problem)
                                     : same_windows_in<float>(problem))
    return;
  throw Refused("samples: ATen computes these windows in f32, which gives different ones");
}

std::vector<Prediction> aten_differences(const Problem& problem, const void* src,
                                         const Point& point, bool on_cuda) {
  if (problem.spec().reduction == Reduction::kMax)
    return on_cuda
               ? std::vector<Prediction>()
               : index_without_depth(problem, point,
                                     "lowest_lacks_depth: 3D max with channels last starts from "
                                     "an index in the first slice, and keeps it where all taps "
                                     "are the type's lowest value");
  const auto window = taps(problem, src, point);
  std::vector<Prediction> all;
  if (!on_cuda) all = means_in_16_bits(problem, window, point);
  const auto sums = running_sum(
      problem, window, point,
      "running_sum: taps are added one after the other, so that the error grows with their number");
  all.insert(all.end(), sums.begin(), sums.end());
  return all;
}

}  // namespace poolbench
