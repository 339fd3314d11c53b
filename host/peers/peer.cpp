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

}  // namespace poolbench
