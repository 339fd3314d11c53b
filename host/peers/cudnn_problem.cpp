#include "host/peers/cudnn_problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "host/peers/peer.h"

namespace poolbench {
namespace {

void require_type(DType dtype, bool resample) {
  const bool known = dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kI8 ||
                     dtype == (resample ? DType::kBF16 : DType::kF64);
  if (known) return;
  throw Refused(fmt::format("type: cuDNN's {} takes f32, f16, i8 and {}, not {}",
                            resample ? "resample operation" : "pooling call",
                            resample ? "bf16" : "f64", token(dtype)));
}

}  // namespace

Problem cudnn_problem(const Problem& given, std::string_view kernel) {
  Problem problem =
      plain_problem(given, "cuDNN", "index tensor is an opaque mask for the backward pass");
  require_type(given.dtype(), kernel == kCudnnResample);
  for (const int64_t dilation : problem.spec().dilation)
    if (dilation > 1) throw Refused("d: cuDNN's windows are dense");
  const Padding pad = problem.padding();
  if (pad.begin != pad.end) throw Refused("p: cuDNN pads both ends by the same");
  if (overrun(problem) != Extents{})
    throw Refused("ceil: cuDNN's last window ends inside the padded input");
  require_taps(problem);
  // NVIDIA's documentation of the tensor descriptors: at most 2 Gi elements.
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  if (problem.src_count() > kMost || problem.dst_count() > kMost)
    throw Refused("src: cuDNN's tensors have fewer than 2^31 elements");
  for (const auto& [name, extents] :
       {std::pair("k", problem.spec().kernel), std::pair("s", problem.spec().stride)})
    if (*std::max_element(extents.begin(), extents.end()) > kMost)
      throw Refused(fmt::format("{}: cuDNN's windows and strides are below 2^31", name));
  return problem;
}

// None of these has been seen on a device yet; each names its source.
std::vector<Prediction> cudnn_differences(const Problem& problem, const void* src,
                                          const Point& point) {
  const bool i8 = problem.dtype() == DType::kI8;
  if (problem.spec().reduction == Reduction::kMax) {
    if (!i8 || point.expected != -128) return {};
    return {
        exactly("max_from_minus_127: the max of -128 alone is -127 (according to oneDNN's tests "
                "of cuDNN; not seen)",
                -127)};
  }
  const auto window = taps(problem, src, point);
  if (i8)
    return {f32_average(problem, window, point,
                        "average_in_f32: integer averages are computed in f32 and then rounded, so "
                        "that a tie can go the other way (from the documentation, not seen)")};
  return running_sum(
      problem, window, point,
      "running_sum: sums are in f32 (f64 for f64), and their error may grow with the "
      "number of taps (from the documentation, not seen)");
}

}  // namespace poolbench
